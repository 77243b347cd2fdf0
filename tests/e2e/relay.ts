import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** The part of `/api/status` the browser tests compare with. */
export interface RelayStatus {
  readonly source: { readonly state: string; readonly messages: number; readonly elems: number };
}

/** A real relay in a process of its own, serving the built page. */
export class TestRelay {
  readonly url: string;
  readonly #child: ChildProcess;

  constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.url = `http://127.0.0.1:${port}`;
  }

  async status(): Promise<RelayStatus> {
    return (await (await fetch(`${this.url}/api/status`)).json()) as RelayStatus;
  }

  /** End it and wait: SIGKILL is a crash, SIGTERM asks it to drain. @returns the exit code, null when killed. */
  async end(signal: 'SIGKILL' | 'SIGTERM' = 'SIGTERM'): Promise<number | null> {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    child.kill(signal);
    return ended;
  }
}

/** A port nobody listens on right now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A data folder of the relay's own, gone with the tests. */
function dataDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'routescope-e2e-'));
  process.once('exit', () => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Start `routescope serve` on `port` and wait until it is ready. */
export async function startRelay(port: number, ...flags: string[]): Promise<TestRelay> {
  const child = spawn(
    process.execPath,
    [join(root, 'bin/routescope.mjs'), 'serve', '--port', String(port), ...flags],
    { stdio: ['ignore', 'ignore', 'pipe'], env: { ROUTESCOPE_DATA_DIR: dataDir(), ...process.env } },
  );
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-4000)));
  const relay = new TestRelay(child, port);
  for (let attempt = 0; attempt < 300; attempt++) {
    if (child.exitCode !== null) break;
    const ready = await fetch(`${relay.url}/readyz`).then(
      (response) => response.ok,
      () => false,
    );
    if (ready) return relay;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await relay.end('SIGKILL');
  throw new Error(`the relay did not become ready:\n${log}`);
}

import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { decodeFrame } from '#core/wire/frame.ts';
import { RisLiveServer, risUpdate } from '../../tests/fixtures/ris-live-server.ts';
import { TestClient, until } from '../../tests/fixtures/relay.ts';

const BIN = fileURLToPath(new URL('../../bin/routescope.mjs', import.meta.url));

let dir: string;
let file: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'routescope-serve-'));
  file = join(dir, 'updates.jsonl.gz');
  const lines = Array.from({ length: 50 }, (_, n) => JSON.stringify(risUpdate(n, 1_789_019_601_670 + n)));
  writeFileSync(file, gzipSync(lines.join('\n')));
});
afterAll(() => rmSync(dir, { recursive: true }));

/** The command line as a process. */
class Running {
  out = '';
  err = '';
  code: number | null = null;
  readonly child: ChildProcess;

  constructor(args: string[], env: Record<string, string> = {}) {
    this.child = spawn(process.execPath, [BIN, 'serve', ...args], {
      env: { PATH: process.env['PATH'], ROUTESCOPE_ARCHIVE: 'off', ...env },
    });
    this.child.stdout!.on('data', (chunk: Buffer) => (this.out += chunk.toString()));
    this.child.stderr!.on('data', (chunk: Buffer) => (this.err += chunk.toString()));
    this.child.on('exit', (code) => (this.code = code ?? -1));
  }

  async started(): Promise<string> {
    await until(() => this.out.includes('http://') || this.code !== null, `start (${this.err})`);
    return /http:\/\/[\d.:]+/.exec(this.out)![0];
  }

  get events(): string[] {
    return this.err
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { event: string }).event);
  }
}

let running: Running[] = [];
afterEach(() => {
  for (const { child } of running) child.kill('SIGKILL');
  running = [];
});
const serve = (args: string[], env: Record<string, string> = {}): Running => {
  const process = new Running(args, env);
  running.push(process);
  return process;
};

describe('routescope serve', () => {
  test('says where it is and what it plays; stops when asked, its clients told, with exit code 0', async () => {
    const relay = serve(['--source', file, '--speed', '0', '--no-loop', '--port', '0']);
    const url = await relay.started();
    expect(relay.out).toContain('replaying updates.jsonl.gz');
    const client = new TestClient(`${url.replace('http', 'ws')}/stream?backfill=100`);
    await until(() => client.frames.reduce((sum, frame) => sum + decodeFrame(frame).header.elems, 0) === 50);
    relay.child.kill('SIGTERM');
    await until(() => relay.code !== null && client.closed !== null);
    expect(relay.code).toBe(0);
    expect(client.closed).toMatchObject({ code: 1001 });
    expect(relay.events).toEqual(['relay.listening', 'replay.ended', 'relay.stopping', 'relay.stopped']);
  });

  test('auto takes RIS Live when it can be reached', async () => {
    const server = new RisLiveServer();
    server.onSubscribe(({ socket }) => socket.send(JSON.stringify(risUpdate(1, Date.now()))));
    const relay = serve(['--port', '0'], { ROUTESCOPE_RIS_URL: await server.url() });
    await relay.started();
    expect(relay.out).toContain('(RIS Live)');
    relay.child.kill('SIGINT');
    await until(() => relay.code !== null);
    expect(relay.code).toBe(0);
    await server.close();
  });

  test('auto replays the bundle when it cannot, and says why', async () => {
    const relay = serve(['--port', '0', '--ris-url', 'ws://127.0.0.1:1/', '--ris-open-timeout', '1']);
    const url = await relay.started();
    const { source } = (await (await fetch(`${url}/api/status`)).json()) as {
      source: { kind: string; reason: string };
    };
    expect(source).toMatchObject({ kind: 'replay' });
    expect(source.reason).toMatch(/^RIS Live cannot be reached \(connect ECONNREFUSED/);
    expect(relay.events).toContain('source.fallback');
  });

  test('a port in use is said, with exit code 1', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const relay = serve(['--source', file, '--port', String(port)]);
    await until(() => relay.code !== null);
    expect(relay.code).toBe(1);
    expect(relay.err).toContain(`127.0.0.1:${port} is in use`);
    other.close();
  });

  test('a file that is not there is said, with exit code 1', async () => {
    const relay = serve(['--source', join(dir, 'gone.mrt')]);
    await until(() => relay.code !== null);
    expect(relay.code).toBe(1);
    expect(relay.err).toContain('gone.mrt does not exist');
  });

  test('mistakes are told together, with exit code 2', async () => {
    const relay = serve(['--port', 'x', '--nonsense'], { ROUTESCOPE_SPEED: '-1' });
    await until(() => relay.code !== null);
    expect(relay.code).toBe(2);
    for (const word of ['--port', '--nonsense', 'ROUTESCOPE_SPEED']) expect(relay.err).toContain(word);
  });
});

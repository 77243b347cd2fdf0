/**
 * Load: a RIS Live server in its own process sends real-shaped messages at a steady rate; the relay, in another, takes them;
 * a client of /stream, in this one, counts what arrives. Prints what was sent, received and lost, and the relay's CPU time.
 * Exits 1 when anything was lost.
 *
 *   npx tsx tests/load/ris-live.load.ts [--rate 20000] [--seconds 60]
 *
 * Wants a machine with nothing else to do: a relay that gets no CPU time drops, and says so.
 */
import type { ChildProcess } from 'node:child_process';
import { fork, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { WebSocket } from 'ws';
import { decodeFrame } from '#core/wire/frame.ts';

interface Sent {
  readonly messages: number;
  readonly elems: number;
  readonly bytes: number;
  readonly seconds: number;
  readonly maxBacklogBytes: number;
}

interface Status {
  readonly source: { readonly messages: number; readonly elems: number; readonly badMessages: number };
  readonly queue: { readonly dropped: number };
  readonly process: { readonly cpuS: number; readonly rssBytes: number };
}

const { values } = parseArgs({ options: { rate: { type: 'string' }, seconds: { type: 'string' } } });
const rate = Number(values.rate ?? 20_000);
const seconds = Number(values.seconds ?? 60);

const server = fork(fileURLToPath(new URL('./ris-live.server.ts', import.meta.url)), {
  execArgv: ['--import', 'tsx'],
});
const answer = <T>(): Promise<T> =>
  new Promise((resolve) => server.once('message', (message) => resolve(message as T)));
const risUrl = await answer<string>();
const relay = spawn(
  process.execPath,
  [
    fileURLToPath(new URL('../../bin/routescope.mjs', import.meta.url)),
    ...['serve', '--source', 'ris-live', '--ris-url', risUrl, '--port', '0', '--archive', 'off'],
  ],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
const url = await startedAt(relay);

const got = { frames: 0, elems: 0, messages: 0, bytes: 0, gaps: 0, announcedLost: 0 };
const client = new WebSocket(`${url.replace('http', 'ws')}/stream`);
client.on('message', (data, isBinary) => {
  if (isBinary) {
    const { header } = decodeFrame(data as Buffer);
    got.frames++;
    got.bytes += (data as Buffer).length;
    got.elems += header.elems;
    got.messages += header.messages;
    return;
  }
  const message = JSON.parse((data as Buffer).toString('utf8')) as { type: string; elems?: number };
  if (message.type !== 'gap') return;
  got.gaps++;
  got.announcedLost += message.elems ?? 0;
});
await new Promise((resolve) => client.once('open', resolve));

const before = await status();
const finished = answer<Sent>();
server.send({ rate, seconds });
const sent = await finished;
for (let waits = 0; waits < 200 && got.elems + got.announcedLost < sent.elems; waits++) {
  await new Promise((resolve) => setTimeout(resolve, 50));
}
const after = await status();
const lost = sent.elems - got.elems;
const cpuS = after.process.cpuS - before.process.cpuS;
console.log(
  JSON.stringify(
    {
      sent,
      ratePerS: Math.round(sent.messages / sent.seconds),
      relay: {
        messages: after.source.messages,
        elems: after.source.elems,
        bad: after.source.badMessages,
        dropped: after.queue.dropped,
        cpuS: Number(cpuS.toFixed(2)),
        messagesPerCpuS: Math.round(sent.messages / cpuS),
        rssMiB: Math.round(after.process.rssBytes / 2 ** 20),
      },
      client: got,
      lost,
    },
    null,
    2,
  ),
);
client.terminate();
relay.kill('SIGTERM');
server.kill('SIGTERM');
process.exitCode = lost === 0 && after.source.messages === sent.messages ? 0 : 1;

async function status(): Promise<Status> {
  return (await (await fetch(`${url}/api/status`)).json()) as Status;
}

/** The URL in the line the relay prints when it has started. */
function startedAt(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout!.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const match = /http:\/\/[\d.:]+/.exec(text);
      if (match) resolve(match[0]);
    });
    child.once('exit', (code) => reject(new Error(`the relay ended with ${code}`)));
  });
}

/**
 * Fan-out: 500 clients on loopback, in a second process. The hub against a bare `ws` broadcast of the same bytes, in turns in
 * one run: frames delivered per second of wall time and per second of our CPU time.
 *
 *   npx tsx bench/fanout.bench.ts [--clients 500] [--seconds 4] [--rounds 3]
 */
import { fork } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import type { ElemBatch } from '#core/elem/batch.ts';
import { Hub } from '../relay/hub.ts';
import { frameOfBatch } from '../relay/hub/encode.ts';
import { batchOf } from '../tests/fixtures/batches.ts';
import { REPLAY_STATUS } from '../tests/fixtures/source-status.ts';

const { values } = parseArgs({
  options: { clients: { type: 'string' }, seconds: { type: 'string' }, rounds: { type: 'string' } },
});
const clients = Number(values.clients ?? 500);
const seconds = Number(values.seconds ?? 4);
const rounds = Number(values.rounds ?? 3);
/** Both sides hold back at this: as many frames as the slowest client takes, none dropped. */
const MAX_BUFFERED_BYTES = 1024 * 1024;

/** 1,000 elems that hardly compress: frames of some 10 KB, as busy real ones are. */
const BATCH: ElemBatch = batchOf(
  Array.from({ length: 1000 }, (_, i) => {
    const mixed = Math.imul(i + 1, 0x9e37_79b1) >>> 0;
    return { timeUs: 1e15 + (mixed % 1_000_003), prefix: mixed >>> 16, peerAsn: 1 + (mixed % 60_000) };
  }),
);
const FRAME_BYTES = frameOfBatch(BATCH, 1, 1, 0).length;

interface Side {
  readonly name: string;
  /** Take a client in. */
  join(socket: WebSocket): void;
  /** Send the next frame to everybody. */
  send(): void;
  /** Largest backlog of any client. */
  backlog(): number;
}

function bare(): Side {
  const sockets: WebSocket[] = [];
  let seq = 0;
  return {
    name: 'bare ws',
    join: (socket) => void sockets.push(socket),
    send() {
      // The same work for the bytes: one encode per frame. Only the fan-out differs.
      const frame = frameOfBatch(BATCH, 1, ++seq, seq - 1);
      for (const socket of sockets) socket.send(frame, { binary: true });
    },
    backlog: () => Math.max(...sockets.map((socket) => socket.bufferedAmount)),
  };
}

function hub(): Side {
  const sockets: WebSocket[] = [];
  const made = new Hub({ stream: 1, ring: { maxBytes: 32 * 1024 * 1024, maxFrames: 20_000 } });
  return {
    name: 'hub',
    join(socket) {
      sockets.push(socket);
      made.join(
        {
          get bufferedAmount() {
            return socket.bufferedAmount;
          },
          sendText: (text) => socket.send(text),
          sendFrame: (frame, sent) => socket.send(frame, { binary: true }, sent),
          close: (code, reason) => socket.close(code, reason),
        },
        { resume: null, backfill: 0, filter: null },
        REPLAY_STATUS,
      );
    },
    send: () => made.publish(BATCH),
    backlog: () => Math.max(...sockets.map((socket) => socket.bufferedAmount)),
  };
}

interface Result {
  readonly name: string;
  readonly delivered: number;
  readonly sent: number;
  readonly wallS: number;
  readonly cpuS: number;
}

async function run(side: Side): Promise<Result> {
  const http = createServer();
  const server = new WebSocketServer({ server: http, perMessageDeflate: false });
  let joined = 0;
  const allJoined = new Promise<void>((resolve) => {
    server.on('connection', (socket) => {
      side.join(socket);
      if (++joined === clients) resolve();
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const other = fork(
    fileURLToPath(new URL('./fanout.clients.ts', import.meta.url)),
    [String(port), String(clients)],
    {
      execArgv: ['--import', 'tsx'],
    },
  );
  await allJoined;
  const counted = (): Promise<number> =>
    new Promise((resolve) => {
      other.once('message', (count) => resolve(count as number));
      other.send('count');
    });
  const cpuBefore = process.cpuUsage();
  const startedMs = performance.now();
  let sent = 0;
  while (performance.now() - startedMs < seconds * 1000) {
    if (side.backlog() <= MAX_BUFFERED_BYTES / 2) {
      side.send();
      sent++;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  let delivered = await counted();
  while (delivered < sent * clients) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    delivered = await counted();
  }
  const wallS = (performance.now() - startedMs) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  other.kill();
  server.close();
  http.close();
  return { name: side.name, delivered, sent, wallS, cpuS: (user + system) / 1e6 };
}

console.log(`${clients} clients, frames of ${FRAME_BYTES} bytes, ${seconds} s a turn, ${rounds} turns each`);
const results: Result[] = [];
for (let round = 0; round < rounds; round++) {
  for (const side of round % 2 ? [hub(), bare()] : [bare(), hub()]) {
    const result = await run(side);
    // A fast wrong answer is no result: every client got every frame.
    if (result.delivered !== result.sent * clients)
      throw new Error(`${result.name}: ${JSON.stringify(result)}`);
    results.push(result);
    const { name, delivered, wallS, cpuS } = result;
    console.log(
      `${name.padEnd(8)} ${Math.round(delivered / wallS)} frames/s  ${Math.round(delivered / cpuS)} frames/CPU-s  ` +
        `${Math.round((delivered * FRAME_BYTES) / wallS / 1e6)} MB/s`,
    );
  }
}
const median = (name: string, per: 'wallS' | 'cpuS'): number => {
  const rates = results
    .filter((result) => result.name === name)
    .map((result) => result.delivered / result[per]);
  return rates.sort((a, b) => a - b)[rates.length >> 1]!;
};
console.log(
  `hub / bare ws, median: ${(median('hub', 'wallS') / median('bare ws', 'wallS')).toFixed(2)} by wall time, ` +
    `${(median('hub', 'cpuS') / median('bare ws', 'cpuS')).toFixed(2)} by CPU time (bar: 0.90)`,
);

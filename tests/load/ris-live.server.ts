/** The sending half of ris-live.load.ts, in a process of its own. Tells its URL, waits for `{rate, seconds}`, sends, tells what it sent. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BatchBuilder } from '#core/elem/builder.ts';
import { RisLiveDecoder } from '#core/rislive/decoder.ts';
import { RisLiveServer, risUpdate } from '../fixtures/ris-live-server.ts';

/** A message cut at its timestamp, and how many elems it makes. */
interface Template {
  readonly head: string;
  readonly tail: string;
  readonly elems: number;
}

const DATA = process.env['ROUTESCOPE_DATA'] ?? '../shared/data';
/** Made-up messages among the real ones, so that prefixes, peers and paths differ as they do on the real stream. */
const MADE = 20_000;
const TICK_MS = 10;

function templates(): Template[] {
  const real = ['ris-live-frames.jsonl', 'bgpkit_ris_live_raw_full.json']
    .map((name) => join(DATA, 'rislive', name))
    .filter(existsSync)
    .flatMap((path) => readFileSync(path, 'utf8').trim().split('\n'));
  const made = Array.from({ length: MADE }, (_, n) => JSON.stringify(risUpdate(n, 1_789_019_601_670)));
  const builder = new BatchBuilder();
  const decoder = new RisLiveDecoder(builder);
  const cut = (text: string): Template[] => {
    const match = /"timestamp":\s*[\d.]+/.exec(text);
    if (!match) return [];
    try {
      const { elems } = decoder.decode(text);
      builder.take();
      const at = match.index + '"timestamp":'.length;
      return [{ head: text.slice(0, at), tail: text.slice(match.index + match[0].length), elems }];
    } catch {
      return [];
    }
  };
  const reals = real.flatMap(cut);
  // One real message after every nine made-up ones.
  return made.flatMap((text, i) => {
    const own = cut(text);
    return i % 9 === 0 && reals.length > 0 ? [...own, reals[(i / 9) % reals.length]!] : own;
  });
}

const all = templates();
const server = new RisLiveServer();
process.send!(await server.url());
process.on('message', ({ rate, seconds }: { rate: number; seconds: number }) => {
  const startedMs = performance.now();
  const sent = { messages: 0, elems: 0, bytes: 0, maxBacklogBytes: 0 };
  const timer = setInterval(() => {
    const elapsedS = Math.min(seconds, (performance.now() - startedMs) / 1000);
    const stamp = String(Date.now() / 1000);
    for (const due = Math.floor(elapsedS * rate); sent.messages < due; sent.messages++) {
      const { head, tail, elems } = all[sent.messages % all.length]!;
      const text = head + stamp + tail;
      sent.elems += elems;
      sent.bytes += text.length;
      server.send(text);
    }
    for (const { socket } of server.peers)
      sent.maxBacklogBytes = Math.max(sent.maxBacklogBytes, socket.bufferedAmount);
    if (elapsedS < seconds) return;
    clearInterval(timer);
    process.send!({ ...sent, seconds: (performance.now() - startedMs) / 1000 });
  }, TICK_MS);
});

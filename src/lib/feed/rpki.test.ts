import { afterEach, expect, test } from 'vitest';
import { parsePrefix } from '#core/prefix/prefix.ts';
import { NO_ASPAS } from '#core/rpki/aspa-set.ts';
import { encodeDelta, encodeSnapshot } from '#core/rpki/compact.ts';
import type { RpkiData } from '#core/rpki/data.ts';
import { diffRpki, rpkiDigest } from '#core/rpki/data.ts';
import { VrpBuilder } from '#core/rpki/vrp-set.ts';
import { RpkiFeed } from './rpki.ts';

function version(session: string, serial: number, asns: readonly number[]): RpkiData {
  const builder = new VrpBuilder();
  for (const asn of asns) builder.add(parsePrefix('192.0.2.0/24'), 24, asn);
  return { version: { session, serial, generatedS: serial * 600 }, vrps: builder.build(), aspas: NO_ASPAS };
}

const V1 = version('7', 1, [1]);
const V2 = version('7', 2, [1, 2]);
const V3 = version('7', 3, [2, 3]);

function framed(...steps: readonly (readonly [RpkiData, RpkiData])[]): Uint8Array<ArrayBuffer> {
  const parts = steps.flatMap(([from, to]) => {
    const bytes = encodeDelta(diffRpki(from, to), from.version, to);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return [length, bytes];
  });
  return new Uint8Array(Buffer.concat(parts));
}

type Answer = Response | Error;
let feed: RpkiFeed | null = null;
afterEach(() => feed?.stop());

/** Run a feed through the given answers; it stops when they are used up. */
async function play(
  answers: readonly Answer[],
): Promise<{ asked: string[]; got: RpkiData[]; waits: number[] }> {
  const asked: string[] = [];
  const got: RpkiData[] = [];
  const waits: number[] = [];
  const left = [...answers];
  await new Promise<void>((done) => {
    feed = new RpkiFeed({
      baseUrl: 'http://relay:1',
      onData: (data) => got.push(data),
      fetch: (url) => {
        asked.push((url as URL).pathname + (url as URL).search);
        const answer = left.shift()!;
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
      },
      sleep: (ms) => {
        waits.push(ms);
        if (left.length > 0) return Promise.resolve();
        feed!.stop();
        done();
        return Promise.resolve();
      },
    });
    feed.start();
  });
  return { asked, got, waits };
}

const ok = (bytes: Uint8Array<ArrayBuffer>): Response => new Response(bytes);
const status = (code: number): Response => new Response(null, { status: code });

test('the snapshot, then deltas, several at once', async () => {
  const { asked, got } = await play([ok(encodeSnapshot(V1)), status(204), ok(framed([V1, V2], [V2, V3]))]);
  expect(asked).toEqual(['/rpki/snapshot', '/rpki/delta?from=7-1', '/rpki/delta?from=7-1']);
  expect(got.map((data) => data.version.serial)).toEqual([1, 3]);
  expect(rpkiDigest(got[1]!)).toBe(rpkiDigest(V3));
  expect(feed!.status()).toMatchObject({
    state: 'ready',
    snapshots: 1,
    deltas: 2,
    unchanged: 1,
    failures: 0,
  });
});

test('a relay that was restarted, and a delta that does not fit, lead to the snapshot', async () => {
  const other = version('8', 1, [9]);
  const wrong = encodeDelta(diffRpki(V2, V3), V1.version, V3);
  const head = new Uint8Array([0, 0, wrong.length >> 8, wrong.length & 255]);
  const { asked, got } = await play([
    ok(encodeSnapshot(V1)),
    ok(new Uint8Array([...head, ...wrong])),
    ok(encodeSnapshot(V3)),
    status(410),
    ok(encodeSnapshot(other)),
  ]);
  expect(asked.filter((path) => path === '/rpki/snapshot')).toHaveLength(3);
  expect(got.map((data) => data.version)).toEqual([V1.version, V3.version, other.version]);
  expect(feed!.status().failures).toBe(1);
});

test('a lost connection keeps what there is, and is retried ever more slowly', async () => {
  const lost = new TypeError('fetch failed');
  const { got, waits } = await play([ok(encodeSnapshot(V1)), lost, lost, status(500), status(204)]);
  expect(got).toHaveLength(1);
  expect(waits).toEqual([60_000, 5000, 10_000, 20_000, 60_000]);
  expect(feed!.status()).toMatchObject({ state: 'ready', failures: 3 });
});

test('no data yet, and no validator at all, are told apart', async () => {
  await play([status(503), new Response('{"configured":true}')]);
  expect(feed!.status().state).toBe('loading');
  await play([status(503), new Response('{"configured":false}')]);
  expect(feed!.status().state).toBe('absent');
});

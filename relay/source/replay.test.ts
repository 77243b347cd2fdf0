import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ElemBatch } from '#core/elem/batch.ts';
import { BgpError } from '#core/error.ts';
import { manyElems } from '../../tests/fixtures/batches.ts';
import { SILENT } from '../log.ts';
import { fileRecording } from './recording.ts';
import type { Recording } from './replay.ts';
import { ReplaySource } from './replay.ts';
import type { SourceEvent } from './source.ts';

const DATA = process.env['ROUTESCOPE_DATA'] ?? '../shared/data';
const FILE = join(DATA, 'mrt/parsers/updates.20100227.1610.gz');

/** Elems a millisecond of data time apart, in batches of 100. */
function recordingOf(count: number, failure: Error | null = null): Recording {
  return {
    label: 'test',
    startUs: null,
    endUs: null,
    // eslint-disable-next-line @typescript-eslint/require-await -- a file is read asynchronously, this is not
    async *open(): AsyncGenerator<ElemBatch> {
      for (let at = 0; at < count; at += 100) yield manyElems(Math.min(100, count - at), at);
      if (failure) throw failure;
    },
  };
}

async function take(source: ReplaySource, until: (events: SourceEvent[]) => boolean): Promise<SourceEvent[]> {
  const events: SourceEvent[] = [];
  for await (const event of source.batches) {
    events.push(event);
    if (until(events)) await source.close();
  }
  return events;
}

const elemsOf = (events: SourceEvent[]): number =>
  events.reduce((sum, event) => sum + (event.type === 'batch' ? event.batch.length : 0), 0);
const never = (): boolean => false;

describe('ReplaySource', () => {
  test('as fast as possible: everything once, then it has ended', async () => {
    const source = new ReplaySource(recordingOf(1050), { speed: 0, isLooping: false });
    expect(elemsOf(await take(source, never))).toBe(1050);
    expect(source.status()).toMatchObject({
      kind: 'replay',
      state: 'ended',
      pass: 1,
      elems: 1050,
      messages: 1050,
    });
    expect(source.isElastic).toBe(true);
  });

  test('as fast as possible waits for its consumer', async () => {
    const source = new ReplaySource(recordingOf(1000), { speed: 0, isLooping: false });
    const batches = source.batches[Symbol.asyncIterator]();
    await batches.next();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(source.status().elems).toBe(100);
    await batches.return?.();
  });

  test('says when it starts over, and counts the passes', async () => {
    const source = new ReplaySource(recordingOf(200), { speed: 0, isLooping: true });
    const events = await take(source, (got) => got.length === 8);
    expect(events.map(({ type }) => type)).toEqual([
      'batch',
      'batch',
      'reset',
      'batch',
      'batch',
      'reset',
      'batch',
      'batch',
    ]);
    expect(source.status().pass).toBe(3);
  });

  test('plays by the time in the data: no elem before it is due', async () => {
    // 2 s of data at 10 times the speed.
    const source = new ReplaySource(recordingOf(2000), { speed: 10, isLooping: false });
    const startedMs = performance.now();
    let earlyMs = -Infinity;
    let elems = 0;
    for await (const event of source.batches) {
      if (event.type !== 'batch') continue;
      elems += event.batch.length;
      earlyMs = Math.max(earlyMs, elems / 10 - (performance.now() - startedMs));
    }
    expect(elems).toBe(2000);
    expect(earlyMs).toBeLessThan(5);
  });

  test('a consumer that was away is not flooded: the replay is delayed by what is over a second', async () => {
    const source = new ReplaySource(recordingOf(20_000), { speed: 1, isLooping: false });
    const batches = source.batches[Symbol.asyncIterator]();
    await batches.next();
    await new Promise((resolve) => setTimeout(resolve, 1600));
    const before = source.status().elems;
    let after = before;
    // What comes at once after the pause.
    for (const untilMs = performance.now() + 30; performance.now() < untilMs; after = source.status().elems) {
      await batches.next();
    }
    expect(after - before).toBeLessThan(1300);
    expect(source.slippedMs).toBeGreaterThan(400);
    await source.close();
    await batches.return?.();
  });

  test('closing wakes it from its sleep', async () => {
    const source = new ReplaySource(recordingOf(5000), { speed: 0.001, isLooping: true });
    const done = take(source, never);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await source.close();
    expect(elemsOf(await done)).toBeLessThan(10);
  });

  test('what comes before the damage is played, the damage is counted, and the next pass comes as far', async () => {
    const failure = new BgpError('MRT_TRUNCATED', 'at 77');
    const source = new ReplaySource(recordingOf(150, failure), { speed: 0, isLooping: true });
    const events = await take(source, (got) => got.filter(({ type }) => type === 'reset').length === 2);
    expect(elemsOf(events)).toBe(300);
    expect(source.status()).toMatchObject({ badMessages: 2, reason: 'MRT_TRUNCATED: at 77' });
  });

  test('records left out are counted', async () => {
    const whole = recordingOf(100);
    const recording: Recording = {
      ...whole,
      async *open(onDamage) {
        yield* whole.open(onDamage);
        onDamage('MRT_BAD_RECORD', 3);
      },
    };
    const source = new ReplaySource(recording, { speed: 0, isLooping: false, reason: 'because' });
    await take(source, never);
    expect(Object.fromEntries(source.stats().badByCode)).toEqual({ MRT_BAD_RECORD: 3 });
    expect(source.status()).toMatchObject({ badMessages: 3, reason: 'because' });
  });

  test('a file with nothing in it fails instead of looping for ever', async () => {
    const source = new ReplaySource(recordingOf(0), { speed: 0, isLooping: true });
    expect(await take(source, never)).toEqual([]);
    expect(source.status().state).toBe('failed');
  });

  test.skipIf(!existsSync(FILE))('a real MRT file, every record of it', async () => {
    const recording = await fileRecording(FILE, '', SILENT);
    const source = new ReplaySource(recording, { speed: 0, isLooping: false });
    const events = await take(source, never);
    expect(recording.label).toBe('updates.20100227.1610.gz');
    expect(source.status()).toMatchObject({ badMessages: 0, startUs: 1_267_287_002_000_000 });
    expect(elemsOf(events)).toBe(source.status().elems);
    // Lines `bgpdump -m` prints for this file.
    expect(source.status().elems).toBe(7485);
  });
});

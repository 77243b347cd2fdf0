import { expect, test } from 'vitest';
import { elemBatch } from '../../../tests/fixtures/elem-batch.ts';
import { elemRows } from '#core/elem/row.ts';
import { Recording } from '#core/replay/recording.ts';
import { feedContract } from './feed.contract.ts';
import { ReplayFeed } from './replay.ts';

/** Two elems a frame, one a second. */
function recordingOf(frames: number, stepS = 1): Recording {
  const recording = new Recording();
  for (let n = 0; n < frames; n++) {
    const elems = [0, 1].map((i) => ({
      kind: 'A' as const,
      atS: (2 * n + i) * stepS,
      prefix: `10.${n}.${i}.0/24`,
    }));
    recording.append(elemBatch(elems));
  }
  return recording;
}

for (const speed of [0, 100]) {
  feedContract(`a recording at speed ${speed}`, () =>
    Promise.resolve({
      feed: new ReplayFeed({ recording: recordingOf(8), label: 'test', speed }),
      done: () => Promise.resolve(),
    }),
  );
}

test.each([0, 20])('hands out every elem once, in order, with its time, at speed %i', async (speed) => {
  const recording = recordingOf(3);
  const feed = new ReplayFeed({ recording, label: 'test', speed });
  const seen: [string, number][] = [];
  for await (const { batch, clockUs } of feed)
    for (const [i, row] of elemRows(batch).entries())
      seen.push([row.prefix!, clockUs[i]! - recording.startUs]);
  expect(seen).toEqual([
    ['10.0.0.0/24', 0],
    ['10.0.1.0/24', 1e6],
    ['10.1.0.0/24', 2e6],
    ['10.1.1.0/24', 3e6],
    ['10.2.0.0/24', 4e6],
    ['10.2.1.0/24', 5e6],
  ]);
  expect(feed.health()).toMatchObject({
    connection: 'stopped',
    source: { kind: 'replay', state: 'ended', elems: 6, messages: 6, dataTimeUs: recording.endUs },
  });
});

test('skips a hole of years', async () => {
  const feed = new ReplayFeed({ recording: recordingOf(2, 100_000_000), label: 'test', speed: 1 });
  let elems = 0;
  for await (const { batch } of feed) elems += batch.length;
  expect(elems).toBe(4);
});

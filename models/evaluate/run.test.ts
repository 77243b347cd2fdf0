import { beforeAll, describe, expect, test } from 'vitest';
import { byEvent } from '../dataset/folder.ts';
import { prepareStream } from '../dataset/prepared.ts';
import type { LabelledStream } from '../dataset/stream.ts';
import { tinyStream } from '../train/tiny-models.fixture.ts';
import { forestScorer, logisticScorer } from '../train/scorers.ts';
import { volumeZ } from '../baseline/volume-z.ts';
import { sortStreams } from './leave-out.ts';
import { scoreLeavingOut } from './protocol.ts';
import { evaluationJson, evaluationText } from './report.ts';
import type { Evaluation } from './run.ts';
import { evaluate, splitByTime } from './run.ts';
import type { Scorer } from './scorer.ts';

const STREAMS = [
  tinyStream('one', '1', 1),
  tinyStream('one', '2', 2),
  tinyStream('two', '1', 3),
  tinyStream('three', '1', 14),
];
const SCORERS = [forestScorer(1), logisticScorer, volumeZ];
const run = (streams: readonly LabelledStream[], split: 'loeo' | 'chrono'): Promise<Evaluation> =>
  evaluate(streams, { split, shipped: null, scorers: SCORERS });

describe('leaving events out', () => {
  let evaluation: Evaluation;
  beforeAll(async () => {
    evaluation = await run(STREAMS, 'loeo');
  });

  test('surges that anybody would see are seen by all, in every event', () => {
    expect(evaluation.budget.map(({ title }) => title)).toEqual([
      'Ensemble without lstm',
      'IsolationForest',
      'LogReg',
      'VolumeZ (no ML)',
    ]);
    for (const { macro, events, streams } of evaluation.budget) {
      expect([...events.keys()].sort()).toEqual(['one', 'three', 'two']);
      expect(streams).toHaveLength(4);
      expect(macro.prAuc).toBeGreaterThan(0.9);
      expect(macro.detected).toBe(1);
      expect(macro.falsePerDay).toBeLessThan(1);
    }
  });

  test('comes out the same again', async () => {
    const again = await run(STREAMS, 'loeo');
    expect(evaluationJson(again)).toEqual(evaluationJson(evaluation));
  });

  test('is told as tables and as JSON without holes', () => {
    expect(evaluationText(evaluation)).toContain('| VolumeZ (no ML)');
    const json = JSON.parse(JSON.stringify(evaluationJson(evaluation))) as { models: { macro: object }[] };
    for (const { macro } of json.models) expect(Object.values(macro).every(Number.isFinite)).toBe(true);
  });
});

test('no scorer ever sees the event it scores, nor a part of it', async () => {
  const { events, regular } = sortStreams(
    new Map([...byEvent(STREAMS)].map(([event, of]) => [event, of.map((one) => prepareStream(one))])),
  );
  const spy: Scorer = {
    id: 'spy',
    title: 'spy',
    fit: (training) => ({
      score: (stream) => {
        expect(training.map(({ source }) => source.event)).not.toContain(stream.source.event);
        return new Float64Array(stream.isKnown.length);
      },
    }),
  };
  const scored = await scoreLeavingOut(spy, events, regular);
  expect([...scored.values()].flat()).toHaveLength(STREAMS.length);
});

test('a split by time trains on the earlier events and cuts at the longest pause', async () => {
  const { events } = sortStreams(
    new Map([...byEvent(STREAMS)].map(([event, of]) => [event, of.map((one) => prepareStream(one))])),
  );
  const { earlier, later } = splitByTime(events);
  expect([[...earlier.keys()], [...later.keys()]]).toEqual([['one', 'two'], ['three']]);
  const { notes, budget } = await run(STREAMS, 'chrono');
  expect(notes).toEqual(['trained on one, two', 'tested on three']);
  expect([...budget[0]!.events.keys()]).toEqual(['three']);
  expect(budget[0]!.macro.detected).toBe(1);
});

test('streams without labels are trained on, controls only counted for false alarms', async () => {
  const quiet = { ...tinyStream('quiet', '1', 7), label: new Uint8Array(3000) };
  const control = { ...tinyStream('control', '1', 8), label: new Uint8Array(3000), role: 'control' as const };
  const { budget, control: rows } = await run([...STREAMS, quiet, control], 'loeo');
  expect([...budget[0]!.events.keys()].sort()).toEqual(['one', 'three', 'two']);
  expect(rows.map(({ streams }) => streams.map(({ id }) => id))).toEqual(rows.map(() => ['control-1']));
  // Its surge is a false alarm: nobody labelled it.
  expect(rows.at(-1)!.macro.falsePerDay).toBeGreaterThan(0);
  expect(rows[0]!.macro.f1).toBeNaN();
});

test.each([
  ['one event only', [STREAMS[0]!], 'loeo'],
  ['two events by time', [STREAMS[0]!, STREAMS[2]!], 'chrono'],
  ['nothing', [], 'loeo'],
] as const)('%s cannot be split, and that is said', async (_name, streams, split) => {
  await expect(run(streams, split)).rejects.toThrow(
    expect.objectContaining({ code: 'MODEL_DATA_BAD' }) as Error,
  );
});

test('streams that are over before anything counts are named', async () => {
  const whole = tinyStream('four', '1', 30);
  const short = { ...whole, minutes: 60, isMasked: whole.isMasked.slice(0, 60), label: new Uint8Array(60) };
  const { notes } = await run([...STREAMS, short], 'loeo');
  expect(notes.at(-1)).toBe(`not judged, nothing known after the first day: ${short.id}`);
});

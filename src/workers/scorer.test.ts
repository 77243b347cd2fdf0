import { gzipSync } from 'node:zlib';
import * as tf from '@tensorflow/tfjs';
import { afterEach, describe, expect, test } from 'vitest';
import { FEATURE_COUNT, FEATURE_NAMES, featureIndex } from '#core/feature/features.ts';
import { encodeHistory, HistoryKeeper } from '#core/feature/history.ts';
import type { FeatureFrame, Mask } from '#core/feature/window.ts';
import { ALL_STREAM, MASK } from '#core/feature/window.ts';
import { MODEL_COLUMNS } from '../lib/ml/columns.ts';
import { tinyModels, WARM_MINUTES } from '../../tests/fixtures/tiny-models.ts';
import type { FeatureHealth, FeatureMessage, FeatureReply } from './api-features.ts';
import type { ModelsOptions } from './score-models.ts';
import type { ScorerOptions } from './scorer.ts';
import { Scorer } from './scorer.ts';

const T0_MINUTE = 20_064_660;
const BACKEND: ModelsOptions['backend'] = {
  wasmPaths: '/nowhere/',
  nowMs: () => performance.now(),
  renderer: () => null,
  use: (name) => (name === 'cpu' ? tf.setBackend('cpu') : Promise.resolve(false)),
};
const HEALTH = { elems: 0, waiting: 0, dropped: 0 } as unknown as FeatureHealth;

const open: Scorer[] = [];
afterEach(() => {
  for (const scorer of open.splice(0)) scorer.close();
});

const noPast = (): Promise<null> => Promise.resolve(null);

function scorerOf(
  read: ModelsOptions['read'],
  backend = BACKEND,
  readPast: ScorerOptions['readPast'] = noPast,
): Scorer {
  const scorer = new Scorer({ read, backend, readPast });
  open.push(scorer);
  return scorer;
}

/** A port whose other end is the test: what is sent is taken in order, replies are gathered. */
function portOf(scorer: Scorer, pastUrl: string | null = null) {
  const replies: FeatureReply[] = [];
  const port = {
    postMessage: (reply: FeatureReply) => void replies.push(reply),
    onmessage: null as ((event: MessageEvent<FeatureMessage>) => void) | null,
    close: () => undefined,
  };
  scorer.connect(port, pastUrl);
  const send = async (...messages: FeatureMessage[]): Promise<void> => {
    for (const data of messages) port.onmessage!({ data } as MessageEvent<FeatureMessage>);
    await scorer.settled();
  };
  return { send, replies };
}

/** Counts of a minute: quiet, wavering a little, the same on each run; `rise` multiplies them. */
function vector(minute: number, stream: number, rise: number): Float64Array {
  const values = new Float64Array(FEATURE_COUNT);
  for (let i = 0; i < FEATURE_COUNT; i++) {
    const wave = 20 + ((minute * 7 + i * 13 + stream * 5) % 11);
    values[i] = Math.round(wave * rise);
  }
  return values;
}

interface Choice {
  readonly streams?: number;
  readonly rise?: (minute: number, stream: number) => number;
  readonly mask?: (minute: number, stream: number) => Mask;
}

/** The frame of minute `minute`, counted from the first. */
function frame(
  minute: number,
  { streams = 3, rise = () => 1, mask = () => MASK.none }: Choice = {},
): FeatureMessage {
  const names = [
    ALL_STREAM,
    ...Array.from({ length: streams - 1 }, (_, i) => `rrc00 192.0.2.${i + 1} ${65_001 + i}`),
  ];
  const one: FeatureFrame = {
    startUs: (T0_MINUTE + minute) * 60e6,
    widthS: 60,
    streams: names,
    masks: Uint8Array.from(names, (_, i) => mask(minute, i)),
    values: new Float64Array(names.length * FEATURE_COUNT),
  };
  for (let i = 0; i < names.length; i++)
    one.values.set(
      one.masks[i] === MASK.none
        ? vector(minute, i, rise(minute, i))
        : new Float64Array(FEATURE_COUNT).fill(NaN),
      i * FEATURE_COUNT,
    );
  return { type: 'frame', frame: one, health: HEALTH };
}

const frames = (count: number, choice?: Choice, first = 0): FeatureMessage[] =>
  Array.from({ length: count }, (_, i) => frame(first + i, choice));

/** A rise of the second stream that begins in minute `from` and lasts twenty. */
const event =
  (from: number) =>
  (minute: number, stream: number): number =>
    stream === 1 && minute >= from && minute < from + 20 ? 60 : 1;

describe('the scorer', () => {
  test('scores every stream once it has a past, and says how much past that is', async () => {
    const scorer = scorerOf(tinyModels().read);
    const { send, replies } = portOf(scorer);
    await send(...frames(WARM_MINUTES - 5));
    expect(scorer.view().streams.map(({ score }) => score)).toEqual([null, null, null]);
    expect(scorer.view().counts).toMatchObject({ scored: 0, cold: 3 * (WARM_MINUTES - 5) });
    await send(...frames(30, {}, WARM_MINUTES - 5));
    const { scorer: state, streams, counts, timeUs } = scorer.view();
    expect(state).toMatchObject({
      state: 'ready',
      code: '',
      model: { version: 'tiny-1' },
      backend: { chosen: 'cpu' },
    });
    expect(streams[0]!.stream).toBe(ALL_STREAM);
    for (const { score, forest, logistic, lstm, trust, mask } of streams) {
      for (const value of [score, forest, logistic, lstm]) expect(value).toEqual(expect.any(Number));
      expect(trust).toBeGreaterThan(0);
      expect(trust).toBeLessThan(1);
      expect(mask).toBe('');
    }
    expect(timeUs).toBe((T0_MINUTE + WARM_MINUTES + 25) * 60e6);
    expect(counts).toMatchObject({ streams: 3, windows: 3 * (WARM_MINUTES + 25), masked: 0, late: 0 });
    expect(counts.firstScoreMs).toBeGreaterThan(0);
    expect(replies).toHaveLength(WARM_MINUTES + 25);
  });

  test('raises an alarm on the stream that rises, with what rose, and ends it', async () => {
    const scorer = scorerOf(tinyModels().read);
    const { send, replies } = portOf(scorer);
    await send(...frames(240, { rise: event(100) }));
    const changes = replies.flatMap(({ alarms }) => alarms);
    const name = 'rrc00 192.0.2.1 65001';
    expect(changes.map(({ stream, isAlarm }) => [stream, isAlarm])).toEqual([
      [name, true],
      [name, false],
    ]);
    const [alarm] = scorer.alarms(-Infinity, Infinity);
    expect(alarm!.startUs).toBeGreaterThanOrEqual((T0_MINUTE + 102) * 60e6);
    expect(alarm!.startUs).toBeLessThan((T0_MINUTE + 110) * 60e6);
    expect(alarm!.endUs).toBeGreaterThan((T0_MINUTE + 120) * 60e6);
    expect(alarm!.peakScore).toBeGreaterThan(1);
    expect(alarm!.explanation.columns).toHaveLength(8);
    expect(alarm!.explanation.columns.some(({ z }) => z > 2)).toBe(true);
    expect(alarm!.explanation.columns[0]!.lstm).toEqual(expect.any(Number));
    expect(alarm!.explanation.channels.length).toBeGreaterThan(3);
    const report = await scorer.stream(name);
    if (!report.ok) throw new Error(report.reason);
    expect(report.alarms).toEqual([alarm]);
    const over = [...report.scores].flatMap((score, i) =>
      score >= 1 ? [report.firstMinute + i - T0_MINUTE] : [],
    );
    expect(Math.min(...over)).toBeGreaterThanOrEqual(100);
    expect(report.isAlarmed.reduce((sum, one) => sum + one, 0)).toBeGreaterThan(10);
  });

  test('says the same again, however many streams are beside', async () => {
    const scoresOf = async (streams: number): Promise<Float32Array> => {
      const scorer = scorerOf(tinyModels().read);
      const { send } = portOf(scorer);
      await send(...frames(150, { streams, rise: event(100) }));
      const report = await scorer.stream('rrc00 192.0.2.1 65001');
      if (!report.ok) throw new Error(report.reason);
      return report.scores;
    };
    const alone = await scoresOf(2);
    expect(await scoresOf(2)).toEqual(alone);
    const amongOthers = await scoresOf(9);
    for (const [i, score] of amongOthers.entries())
      if (!Number.isNaN(score)) expect(score).toBeCloseTo(alone[i]!, 5);
  });

  test('takes bad values for unknown and scores on', async () => {
    const scorer = scorerOf(tinyModels().read);
    const { send } = portOf(scorer);
    await send(...frames(80));
    const broken = frame(80) as FeatureMessage & { type: 'frame' };
    broken.frame.values[FEATURE_COUNT + featureIndex('announcements')] = Infinity;
    broken.frame.values[FEATURE_COUNT + featureIndex('withdrawals')] = -5;
    await send(broken, ...frames(10, {}, 81));
    expect(scorer.view().counts.badValues).toBe(2);
    expect(scorer.view().streams.every(({ score }) => Number.isFinite(score))).toBe(true);
  });

  test('leaves masked windows out; an alarm ends when nothing was heard for an hour', async () => {
    const scorer = scorerOf(tinyModels().read);
    const { send, replies } = portOf(scorer);
    const mask = (minute: number, stream: number): Mask =>
      stream === 1 && minute >= 110 ? MASK.silence : MASK.none;
    await send(...frames(112, { rise: event(100), mask }));
    expect(scorer.view().streams.find(({ stream }) => stream.endsWith('65001'))).toMatchObject({
      score: null,
      mask: 'silence',
      isAlarm: true,
    });
    await send(...frames(70, { mask }, 112));
    const changes = replies.flatMap(({ alarms }) => alarms);
    expect(changes.map(({ isAlarm }) => isAlarm)).toEqual([true, false]);
    expect(changes[1]!.timeUs - (T0_MINUTE + 110) * 60e6).toBe(60 * 60e6);
    await send(frame(100));
    expect(scorer.view().counts).toMatchObject({ masked: 72, late: 3 });
  });

  test('begins anew with a new stream', async () => {
    const scorer = scorerOf(tinyModels().read);
    const { send } = portOf(scorer);
    await send(...frames(80), { type: 'reset' });
    expect(scorer.view()).toMatchObject({ streams: [], timeUs: null, alarms: [] });
    await send(...frames(5));
    expect(scorer.view().streams).toHaveLength(3);
  });

  test('shows trends with their usual, and what goes together', async () => {
    const scorer = scorerOf(tinyModels().read);
    const { send } = portOf(scorer);
    await send(...frames(200));
    const trend = scorer.trend(ALL_STREAM, 'announcements');
    if (!trend.ok) throw new Error(trend.reason);
    const last = trend.values.length - 1;
    expect(trend.firstMinute + last).toBe(T0_MINUTE + 199);
    expect(trend.low[last]!).toBeLessThanOrEqual(trend.middle[last]!);
    expect(trend.middle[last]!).toBeLessThanOrEqual(trend.high[last]!);
    expect(trend.low[last - 150]).toBeNaN();
    const found = scorer.correlation(ALL_STREAM);
    if (!found.ok) throw new Error(found.reason);
    const { features, matrix, minutes } = found;
    expect(minutes).toBe(200);
    expect(matrix).toHaveLength(features.length ** 2);
    for (let i = 0; i < features.length; i++) expect(matrix[i * features.length + i]).toBeCloseTo(1, 5);
    expect(scorer.trend('nobody', 'announcements')).toMatchObject({ ok: false, code: 'SCORE_UNKNOWN' });
    expect(scorer.trend(ALL_STREAM, 'nothing')).toMatchObject({ ok: false, code: 'SCORE_UNKNOWN' });
    expect(await scorer.stream('nobody')).toMatchObject({ ok: false, code: 'SCORE_UNKNOWN' });
  });
});

/** What the given minutes look like to a relay that kept them, gzipped. */
function pastOf(count: number, choice?: Choice): Uint8Array {
  const keeper = new HistoryKeeper(count, 100, MODEL_COLUMNS, FEATURE_NAMES);
  for (const message of frames(count, choice)) {
    if (message.type !== 'frame') continue;
    const { streams, values, startUs } = message.frame;
    for (const [i, stream] of streams.entries())
      keeper.note(stream, startUs / 60e6, values.slice(i * FEATURE_COUNT, (i + 1) * FEATURE_COUNT));
  }
  return gzipSync(encodeHistory(keeper.history()));
}

describe('a past to begin with', () => {
  test('is taken in before the first window: scores come at once, and nearly the same as with the stream itself', async () => {
    const past = pastOf(200);
    const begun = scorerOf(tinyModels().read, BACKEND, (url) =>
      Promise.resolve(url === '/past' ? past : null),
    );
    await portOf(begun, '/past').send(...frames(20, { rise: event(205) }, 200));
    const whole = scorerOf(tinyModels().read);
    await portOf(whole).send(...frames(220, { rise: event(205) }));
    expect(begun.view().past).toMatchObject({ state: 'taken', minutes: 200, streams: 3 });
    const [a, b] = [begun.view().streams, whole.view().streams];
    expect(a.map(({ stream }) => stream).sort()).toEqual(b.map(({ stream }) => stream).sort());
    for (const { stream, score, isAlarm } of a) {
      const same = b.find((one) => one.stream === stream)!;
      expect(score! - same.score!).toBeCloseTo(0, 1);
      expect(isAlarm).toBe(same.isAlarm);
    }
    expect(begun.view().alarms.map(({ startUs }) => startUs)).toEqual(
      whole.view().alarms.map(({ startUs }) => startUs),
    );
  });

  test('no look-ahead: of a past that goes on beyond the first window the rest is left out', async () => {
    const past = pastOf(220, { rise: event(203) });
    const scorer = scorerOf(tinyModels().read, BACKEND, () => Promise.resolve(past));
    const { send } = portOf(scorer, '/past');
    await send(frame(200));
    expect(scorer.view().past).toMatchObject({ state: 'taken', minutes: 200 });
    expect(scorer.view().timeUs).toBe((T0_MINUTE + 201) * 60e6);
  });

  test.each([
    ['there is none', noPast, { state: 'none', code: '' }],
    [
      'it is damaged',
      () => Promise.resolve(pastOf(60).subarray(0, 500)),
      { state: 'failed', code: 'FEATURE_HISTORY_BAD' },
    ],
    [
      'it is no history',
      () => Promise.resolve(gzipSync('hello')),
      { state: 'failed', code: 'FEATURE_HISTORY_BAD' },
    ],
    ['it cannot be had', () => Promise.reject(new Error('the server answered 500')), { state: 'failed' }],
  ])('%s: the stream warms up by itself', async (_name, readPast, want) => {
    const scorer = scorerOf(tinyModels().read, BACKEND, readPast);
    await portOf(scorer, '/past').send(...frames(3));
    expect(scorer.view().past).toMatchObject(want);
    expect(scorer.view().counts.cold).toBe(9);
  });
});

describe('models that cannot be used', () => {
  test('none at all: nothing is scored, windows are still taken and kept for trends', async () => {
    const scorer = scorerOf(() => Promise.reject(new Error('the server answered 404')));
    const { send, replies } = portOf(scorer);
    await send(...frames(60));
    expect(scorer.view().scorer).toMatchObject({ state: 'off', code: 'MODEL_BAD' });
    expect(replies).toHaveLength(60);
    expect(scorer.trend(ALL_STREAM, 'announcements')).toMatchObject({ ok: true });
  });

  test('a changed forest is refused by its hash, and another try succeeds', async () => {
    const { files, read } = tinyModels();
    const good = files.get('forest.bin')!;
    files.set(
      'forest.bin',
      good.map((byte, i) => (i === 40 ? byte ^ 1 : byte)),
    );
    const scorer = scorerOf(read);
    expect(await scorer.load()).toMatchObject({ state: 'off', code: 'MODEL_HASH' });
    files.set('forest.bin', good);
    expect(await scorer.load()).toMatchObject({ state: 'ready' });
  });

  test('a broken network leaves the others in use, with a threshold of their own', async () => {
    const { files, read } = tinyModels();
    files.set('lstm.bin', files.get('lstm.bin')!.subarray(4));
    const scorer = scorerOf(read);
    const { send } = portOf(scorer);
    await send(...frames(90));
    const { scorer: state, streams } = scorer.view();
    expect(state).toMatchObject({ state: 'partial', code: 'MODEL_HASH' });
    expect(streams[0]).toMatchObject({ lstm: null, forest: expect.any(Number) as number });
    expect(streams[0]!.score).toEqual(expect.any(Number));
  });

  test('no place to run the network: the same, and it is said', async () => {
    const scorer = scorerOf(tinyModels().read, { ...BACKEND, use: () => Promise.resolve(false) });
    expect(await scorer.load()).toMatchObject({
      state: 'partial',
      code: 'MODEL_BACKEND',
      backend: { chosen: null },
    });
  });

  test('models for other columns are refused', async () => {
    const { read } = tinyModels((manifest) => ({ ...manifest, columnsVersion: 999 }));
    expect(await scorerOf(read).load()).toMatchObject({ state: 'off', code: 'MODEL_VERSION' });
  });
});

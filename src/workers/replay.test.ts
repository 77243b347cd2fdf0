import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { elemBatch } from '../../tests/fixtures/elem-batch.ts';
import { Recording } from '#core/replay/recording.ts';
import type { LiveView } from './api.ts';
import type { Refusal } from './api-reports.ts';
import type { ReplayOpened, ReplayProgress, ReplayView } from './api-replay.ts';
import { ReplayFeed } from '../lib/feed/replay.ts';
import { Pipeline } from './pipeline.ts';
import { Replay } from './replay.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PAKISTAN = resolve(ROOT, 'static/replays/youtube-pakistan-20080224.rsl');
const us = (time: string): number => Date.parse(`2008-02-24T${time}Z`) * 1000;

const open: Replay[] = [];
afterEach(() => {
  for (const replay of open.splice(0)) replay.close();
});

function newReplay(): Replay {
  const replay = new Replay({ app: '0.0.0', model: null, fetch, baseUrl: 'http://127.0.0.1:1/' });
  open.push(replay);
  return replay;
}

function fileOf(path: string, name = path.split('/').at(-1)!): File {
  return new File([readFileSync(path)], name);
}

function mustOpen(answer: ReplayOpened | Refusal): ReplayOpened {
  if (!answer.ok) throw new Error(`${answer.code}: ${answer.reason}`);
  return answer;
}

async function hashAt(replay: Replay, timeUs: number): Promise<[string, Omit<ReplayView, 'analysedUs'>]> {
  const { analysedUs: _analysed, ...view } = await replay.seek(timeUs);
  return [await replay.stateHash(), view];
}

async function pakistan(): Promise<{ replay: Replay; opened: ReplayOpened }> {
  const replay = newReplay();
  const opened = mustOpen(await replay.open({ kind: 'file', file: fileOf(PAKISTAN) }, () => undefined));
  return { replay, opened };
}

describe('the bundled recording', () => {
  test('is analysed to its end, and looks the same at a moment whichever way one came there', async () => {
    const replay = newReplay();
    const progress: ReplayProgress[] = [];
    const opened = mustOpen(
      await replay.open({ kind: 'file', file: fileOf(PAKISTAN) }, (told) => progress.push(told)),
    );
    expect(opened).toMatchObject({
      title: 'YouTube / Pakistan Telecom, 24 February 2008',
      vantages: 45,
      startUs: us('18:30:00'),
      endUs: us('21:14:59'),
    });
    expect(opened.elems).toBeGreaterThan(663_497);
    expect(opened.phases).toHaveLength(6);
    const moments = ['18:31:00', '18:48:30', '19:30:17', '21:01:21', '21:14:59'].map(us);
    const forward = [];
    for (const timeUs of moments) forward.push(await hashAt(replay, timeUs));
    const back = [];
    for (const timeUs of [...moments].reverse()) back.unshift(await hashAt(replay, timeUs));
    expect(back).toEqual(forward);
    expect(new Set(forward.map(([hash]) => hash)).size).toBe(moments.length);
    const fresh = (await pakistan()).replay;
    expect(await hashAt(fresh, moments[1]!)).toEqual(forward[1]);
    const verdicts = await replay.verdicts();
    expect(progress.at(-1)).toMatchObject({ phase: 'done', share: 1, elems: opened.elems, bad: [] });
    expect(verdicts.verdicts.some(({ culprits }) => culprits.includes(17_557))).toBe(true);
  });

  test('shows the hijack at 18:48:30, and not before it began', async () => {
    const { replay } = await pakistan();
    const before = await replay.seek(us('18:47:00'));
    expect(before.incidents.active.some(({ culprits }) => culprits.includes(17_557))).toBe(false);
    const view = await replay.seek(us('18:48:30'));
    expect(view).toMatchObject({ timeUs: us('18:48:30'), state: 'paused' });
    const row = view.incidents.active.find(({ culprits }) => culprits.includes(17_557))!;
    expect(row).toMatchObject({ prefixes: ['208.65.153.0/24'], victims: [36_561] });
    const detail = replay.incident(row.id)!;
    expect(detail.samples.some(({ side }) => side === 'before')).toBe(true);
    expect(detail.samples.some(({ side, path }) => side === 'after' && path.includes(17_557))).toBe(true);
  });
});

test('a recording goes through the live pipeline as a feed', async () => {
  const recording = new Recording();
  const prefixes = Array.from({ length: 300 }, (_none, n) => `10.0.${n >> 1}.${128 * (n & 1)}/25`);
  recording.append(
    elemBatch(prefixes.map((prefix, atS) => ({ kind: 'A' as const, atS, prefix, path: [1, 2] }))),
  );
  const pipeline = new Pipeline({ openFeed: () => new ReplayFeed({ recording, label: 'test', speed: 0 }) });
  const view = await new Promise<LiveView>((done) => {
    pipeline.subscribe((seen) => {
      if (seen.totals.elems === 300) done(seen);
    });
    pipeline.start({ url: 'ws://127.0.0.1/', resume: null });
  });
  pipeline.close();
  expect(view.dataTimeUs).toBeGreaterThan(recording.startUs);
  expect(view.feed.source).toMatchObject({ kind: 'replay', label: 'test', elems: 300 });
});

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeUtf8 } from '#core/wire/bytes.ts';
import type { ReplayOpened } from './api-replay.ts';
import { Replay } from './replay.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PAKISTAN = readFileSync(resolve(ROOT, 'static/replays/youtube-pakistan-20080224.rsl'));
const us = (time: string): number => Date.parse(`2008-02-24T${time}Z`) * 1000;
const HIJACKED = '208.65.153.0/24';

const all: Replay[] = [];
async function opened(bytes: Uint8Array, name = 'a.rsl'): Promise<{ replay: Replay; opened: ReplayOpened }> {
  const replay = new Replay({ app: '0.0.0', model: '9.8.7', fetch, baseUrl: 'http://127.0.0.1:1/' });
  all.push(replay);
  const file = new File([bytes as Uint8Array<ArrayBuffer>], name);
  const answer = await replay.open({ kind: 'file', file }, () => undefined);
  if (!answer.ok) throw new Error(answer.reason);
  return { replay, opened: answer };
}

let replay: Replay;
beforeAll(async () => {
  ({ replay } = await opened(PAKISTAN));
  await replay.verdicts();
});
afterAll(() => {
  for (const one of all.splice(0)) one.close();
});

describe('paths', () => {
  test('the hijacked prefix: what there was, and everything said since', async () => {
    const history = await replay.paths({ prefixes: [HIJACKED], moreSpecifics: false });
    if (!history.ok) throw new Error(history.reason);
    const { events, leftOut, vantages } = history;
    expect(leftOut).toBe(0);
    expect(events[0]!.timeUs).toBeGreaterThanOrEqual(us('18:47:57'));
    expect(events.map(({ timeUs }) => timeUs)).toEqual(
      events.map(({ timeUs }) => timeUs).sort((a, b) => a - b),
    );
    expect(new Set(events.map(({ prefix }) => prefix))).toEqual(new Set([HIJACKED]));
    const origins = new Set(events.flatMap(({ path }) => path?.at(-1) ?? []));
    expect(origins).toEqual(new Set([17_557, 36_561]));
    expect(events.some(({ path }) => path === null)).toBe(true);
    expect(events.every(({ vantage }) => vantages[vantage])).toBe(true);
  });

  test('as many events as a filter on the prefix counts elems', async () => {
    const history = await replay.paths({ prefixes: ['208.65.152.0/22'], moreSpecifics: true });
    if (!history.ok) throw new Error(history.reason);
    await replay.setFilter({ prefixes: ['208.65.152.0/22'] });
    const { totals } = await replay.seek(us('21:14:59'));
    await replay.setFilter(null);
    expect(history.events).toHaveLength(totals.announcements + totals.withdrawals);
    expect(history.initial.every(({ prefix }) => prefix.startsWith('208.65.15'))).toBe(true);
    expect(history.initial.length).toBeGreaterThan(0);
  });

  test('what is no prefix is refused', async () => {
    expect(await replay.paths({ prefixes: ['300.1.2.3/24'], moreSpecifics: false })).toMatchObject({
      ok: false,
      code: 'PREFIX_BAD',
    });
  });
});

test('compare: the hijacked prefix appears, with its origin', async () => {
  const filter = { prefixes: ['208.65.152.0/22'] };
  const answer = await replay.compare(us('18:59:00'), us('18:47:00'), filter);
  if (!answer.ok) throw new Error(answer.reason);
  expect([answer.beforeUs, answer.afterUs]).toEqual([us('18:47:00'), us('18:59:00')]);
  const change = answer.changes.find(({ prefix }) => prefix === HIJACKED)!;
  expect(change).toMatchObject({ before: { origins: [], vantages: 0 }, after: { origins: [17_557] } });
  expect(change.changedPaths).toBe(change.after.vantages);
  const everything = await replay.compare(us('18:47:00'), us('18:59:00'), null);
  expect(everything.ok && everything.changes).toContainEqual(change);
  const same = await replay.compare(us('18:59:00'), us('18:59:00'), null);
  expect(same).toMatchObject({ ok: true, changes: [], total: 0 });
});

describe('a filter', () => {
  test('narrows the view, and its totals are those of the elems themselves', async () => {
    await replay.setFilter({ asns: [17_557] });
    const end = await replay.seek(us('21:14:59'));
    expect(end.filter).toEqual({ asns: [17_557] });
    expect(end.recent.every(({ path }) => path?.includes('17557'))).toBe(true);
    const before = await replay.seek(us('18:47:00'));
    expect(before.totals.announcements).toBeLessThan(end.totals.announcements);
    let steps = 0;
    for (let at: number | null = us('18:47:00'); at !== null && steps < 5; steps++) {
      const next: number | null = await replay.step('next-update');
      if (next !== null) expect(next).toBeGreaterThan(at);
      at = next;
    }
    await replay.setFilter(null);
    expect((await replay.seek(us('21:14:59'))).totals.announcements).toBeGreaterThan(
      end.totals.announcements,
    );
  });

  test('that is none is refused', async () => {
    await expect(replay.setFilter({ prefixes: ['x'] })).rejects.toMatchObject({ code: 'FILTER_BAD' });
  });
});

test('steps go to incidents and phases and back', async () => {
  await replay.seek(us('18:30:00'));
  expect(await replay.step('next-phase')).toBe(us('18:47:57'));
  const raised = await replay.step('next-incident');
  expect(raised).toBeGreaterThan(us('18:47:57'));
  expect(await replay.step('previous-phase')).toBe(us('18:47:57'));
  await replay.seek(us('21:14:59'));
  expect(await replay.step('next-incident')).toBeNull();
  expect(await replay.step('next-update')).toBeNull();
});

test('a rerun with the defaults reaches the same verdicts, with other thresholds others', async () => {
  const telegram = readFileSync(resolve(ROOT, 'static/replays/telegram-rcom-20260616.rsl'));
  const one = (await opened(telegram)).replay;
  const first = await one.verdicts();
  const again = await one.rerun({}, () => undefined);
  expect(again).toEqual(first);
  const strict = await one.rerun({ minPeerAsns: 40 }, () => undefined);
  if ('ok' in strict) throw new Error(strict.reason);
  expect(strict.params).toEqual({ minPeerAsns: 40 });
  expect(strict.verdicts.length).toBeLessThan(first.verdicts.length);
  expect(strict.sha256).not.toBe(first.sha256);
  const cancelled = replay.rerun({ minPeerAsns: 3 }, () => undefined);
  replay.cancelRerun();
  expect(await cancelled).toMatchObject({ ok: false, code: 'REPLAY_REPLACED' });
});

describe('an evidence bundle', () => {
  test('opens elsewhere, intact, and the verdicts are the same', async () => {
    const bundle = await replay.exportBundle(us('18:45:00'), us('18:56:00'));
    if (!bundle.ok) throw new Error(bundle.reason);
    expect(bundle.name).toBe('evidence-20080224T184500Z.rsl');
    const there = await opened(bundle.bytes, bundle.name);
    expect(there.opened.bundle).toMatchObject({
      isIntact: true,
      versions: { rules: 1, model: '9.8.7', app: '0.0.0' },
    });
    expect(there.opened.startUs).toBeGreaterThanOrEqual(us('18:45:00'));
    expect(there.opened.endUs).toBe(us('18:56:00'));
    const verdicts = await there.replay.verdicts();
    expect(verdicts).toEqual(there.opened.bundle!.verdicts);
    expect(verdicts.verdicts.some(({ culprits }) => culprits.includes(17_557))).toBe(true);
    // The routes there were stand in it: the same prefix has the same holders.
    const paths = await there.replay.paths({ prefixes: ['208.65.152.0/22'], moreSpecifics: false });
    expect(paths.ok && paths.initial.length).toBeGreaterThan(0);
    // What it is a part of is the same again in a bundle of the bundle.
    const again = await there.replay.exportBundle(0, Infinity);
    if (!again.ok) throw new Error(again.reason);
    const twice = await opened(again.bytes);
    expect(twice.opened.bundle!.verdicts.sha256).toBe(verdicts.sha256);
  });

  test('that was changed says so', async () => {
    const bundle = await replay.exportBundle(us('18:45:00'), us('18:50:00'));
    if (!bundle.ok) throw new Error(bundle.reason);
    const text = decodeUtf8(bundle.bytes.subarray(12, 500))!;
    const title = 12 + text.indexOf('YouTube');
    const changed = bundle.bytes.slice();
    changed[title] = 'Z'.charCodeAt(0);
    const there = await opened(changed);
    expect(there.opened.title.startsWith('ZouTube')).toBe(true);
    expect(there.opened.bundle?.isIntact).toBe(false);
    const cut = await opened(bundle.bytes.subarray(0, bundle.bytes.length - 1));
    expect(cut.opened.bundle?.isIntact).toBe(false);
  });
});

test('playing moves on by itself, at most ten views a second, and stops at the end', async () => {
  await replay.seek(us('21:13:00'));
  const views: { atMs: number; timeUs: number; state: string }[] = [];
  const ended = new Promise<void>((done) =>
    replay.subscribe(({ timeUs, state }) => {
      views.push({ atMs: performance.now(), timeUs, state });
      if (state === 'ended') done();
    }),
  );
  replay.play(100);
  await ended;
  const times = views.map(({ timeUs }) => timeUs);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(times.at(-1)).toBe(us('21:14:59'));
  expect(views.some(({ state }) => state === 'playing')).toBe(true);
  const spanMs = views.at(-1)!.atMs - views[0]!.atMs;
  expect(views.length).toBeLessThanOrEqual(Math.ceil(spanMs / 99) + 1);
});

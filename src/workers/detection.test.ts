import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { incidentJson } from '../../relay/detect/incident-json.ts';
import { openElemFile } from '../../relay/source/file.ts';
import { SOURCE } from '../../tests/fixtures/stream-server.ts';
import type { ElemBatch } from '#core/elem/batch.ts';
import { BatchBuilder } from '#core/elem/builder.ts';
import { ElemCopier } from '#core/elem/copier.ts';
import { parsePrefix } from '#core/prefix/prefix.ts';
import { aspaSetOf } from '#core/rpki/aspa-set.ts';
import { HOP } from '#core/rpki/aspa.ts';
import type { RpkiData } from '#core/rpki/data.ts';
import { VrpBuilder } from '#core/rpki/vrp-set.ts';
import type { FeedEvent, FeedHealth } from '../lib/feed/feed.ts';
import type { LiveView } from './api.ts';
import type { PipelineFeed } from './pipeline.ts';
import { Pipeline } from './pipeline.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const REPLAY = resolve(ROOT, 'static/replays/youtube-pakistan-20080224.rsl');
const us = (time: string): number => Date.parse(`2008-02-24T${time}Z`) * 1000;

/** The same elems in batches of at most `size`. */
function cut(batches: readonly ElemBatch[], size: number): ElemBatch[] {
  const builder = new BatchBuilder(size);
  const copier = new ElemCopier(builder);
  const out: ElemBatch[] = [];
  for (const batch of batches) {
    for (let i = 0; i < batch.length; i++) {
      if (builder.isFull) out.push(builder.take());
      copier.copy(batch, i);
    }
  }
  if (builder.length > 0) out.push(builder.take());
  return out;
}

/** Plays events to its end and then stays open. */
class ScriptedFeed implements PipelineFeed {
  readonly decodeMs = 0;
  readonly #events: readonly FeedEvent[];
  readonly #onEnd: () => void;
  #close: () => void = () => undefined;

  constructor(events: readonly FeedEvent[], onEnd: () => void) {
    this.#events = events;
    this.#onEnd = onEnd;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<FeedEvent, void, undefined> {
    yield* this.#events;
    this.#onEnd();
    await new Promise<void>((done) => (this.#close = done));
  }

  close(): void {
    this.#close();
  }

  health(): FeedHealth {
    return { source: SOURCE, connection: 'open' } as FeedHealth;
  }

  queue(): { frames: number; limit: number; dropped: number } {
    return { frames: 0, limit: 100, dropped: 0 };
  }
}

interface Played {
  readonly pipeline: Pipeline;
  readonly view: () => Promise<LiveView>;
}

async function play(events: readonly FeedEvent[], rpki: RpkiData | null = null): Promise<Played> {
  let take: (view: LiveView) => void = () => undefined;
  let pipeline: Pipeline | null = null;
  await new Promise<void>((ended) => {
    pipeline = new Pipeline({
      openFeed: () => new ScriptedFeed(events, ended),
      openRpki: (_options, onData) => {
        if (rpki) queueMicrotask(() => onData(rpki));
        return { status: () => ({ state: rpki ? 'ready' : 'absent', reason: '' }), stop: () => undefined };
      },
      nowMs: () => 1000,
    });
    pipeline.subscribe((view) => take(view));
    pipeline.start({ url: 'ws://127.0.0.1/stream', resume: null });
  });
  const played = pipeline!;
  const view = (): Promise<LiveView> =>
    new Promise((resolve_) => {
      take = resolve_;
      played.answers.mark('nobody', null); // anything that makes a view due
    });
  return { pipeline: played, view };
}

const asEvents = (batches: readonly ElemBatch[]): FeedEvent[] =>
  batches.map((batch) => ({ type: 'batch', batch, isAfterGap: false }));

describe('the bundled replay through the pipeline', () => {
  let batches: ElemBatch[] = [];
  let played: Played;
  let found = '';

  beforeAll(async () => {
    for await (const batch of openElemFile(REPLAY).batches) batches.push(batch);
    batches = cut(batches, 1000);
    played = await play(asEvents(batches));
    found = played.pipeline.answers.incidents({ text: '208.65.153.0/24 AS17557' }).rows[0]!.id;
  });
  afterAll(() => played.pipeline.close());

  test('the hijack is found when a second peer shows it, and over when the routes are gone', () => {
    const { incident, timeline } = played.pipeline.answers.incident(found)!;
    expect(incident).toMatchObject({
      type: 'subprefix-hijack',
      artemis: 'S|0|-|-',
      level: 'high',
      prefixes: ['208.65.153.0/24'],
      victims: [36_561],
      culprits: [17_557],
      state: 'withdrawn',
      evidence: { covering: '208.65.152.0/22', baselineIsDump: true },
    });
    expect(incident.alertedAtUs - us('18:47:57')).toBeLessThanOrEqual(60e6);
    expect(incident.endedAtUs).toBeGreaterThanOrEqual(us('21:01:21'));
    expect(timeline.map(({ change }) => change)).toEqual(['opened', 'withdrawn']);
    expect(timeline.every(({ timeUs }, i) => i === 0 || timeUs >= timeline[i - 1]!.timeUs)).toBe(true);
    expect(incident.tags.reduce((sum, { score }) => sum + score, 0)).toBe(incident.confidence);
  });

  test('it carries the routes of before and after', () => {
    const { samples, incident } = played.pipeline.answers.incident(found)!;
    expect(incident.endedAtUs).not.toBe(null);
    const after = samples.filter(({ side }) => side === 'after');
    const before = samples.filter(({ side }) => side === 'before');
    expect(after.length).toBeGreaterThan(5);
    expect(before.length).toBeGreaterThan(0);
    expect(after.every(({ path, prefix }) => path.at(-1) === 17_557 && prefix === '208.65.153.0/24')).toBe(
      true,
    );
    expect(before.length).toBeLessThanOrEqual(16);
    for (const { path, prefix, timeUs } of before) {
      expect([path.at(-1), prefix]).toEqual([36_561, '208.65.152.0/22']);
      expect(timeUs).toBeLessThanOrEqual(us('18:47:58') - 1);
    }
    expect(samples.every(({ rov, hops }) => rov.reason === 'no-data' && hops === null)).toBe(true);
  });

  test('it is the most confident of the view, and YouTube is not accused', async () => {
    const { incidents, worker } = await played.view();
    const { rows } = played.pipeline.answers.incidents({ order: 'confidence', limit: 1 });
    expect(rows[0]!.id).toBe(found);
    expect(
      played.pipeline.answers.incidents({ text: 'AS36561', levels: ['medium', 'high'] }).rows,
    ).toHaveLength(1);
    expect(incidents.active).toHaveLength(50);
    expect(incidents.isWarm).toBe(true);
    expect(incidents.silentDetectors).toEqual(expect.arrayContaining(['rpki-invalid', 'watch-list']));
    expect(worker.detectBytes).toBeGreaterThan(1e6);
    expect(worker.detectRefused).toBe(0);
  });

  test('says the same as `routescope detect` on the same file', () => {
    const args = ['bin/routescope.mjs', 'detect', REPLAY, '--json', '--min-confidence=-1000'];
    const lines = execFileSync('node', args, {
      cwd: ROOT,
      maxBuffer: 1 << 28,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const wanted = new Map<string, unknown>();
    for (const line of lines.toString().trim().split('\n')) {
      const incident = JSON.parse(line) as { id: string };
      wanted.set(incident.id, incident);
    }
    const { rows, total } = played.pipeline.answers.incidents({ limit: 1000 });
    const got = new Map(
      rows.map(({ id }) => [id, incidentJson(played.pipeline.answers.incident(id)!.incident)]),
    );
    expect(total).toBe(rows.length);
    expect(got.size).toBe(wanted.size);
    expect(Object.fromEntries(got)).toEqual(Object.fromEntries(wanted));
  }, 120_000);

  test('answers about the prefix and the AS', () => {
    const prefix = played.pipeline.answers.prefix('208.65.153.77');
    if (!prefix.ok) throw new Error(prefix.reason);
    expect(prefix).toMatchObject({ prefix: '208.65.153.0/25', isSeen: true, vrps: null });
    expect(prefix.covering.map((one) => one.prefix)).toEqual(['208.65.153.0/24', '208.65.152.0/22']);
    const whole = played.pipeline.answers.prefix('208.65.153.1/24');
    if (!whole.ok) throw new Error(whole.reason);
    expect(whole.origins.map(({ asn }) => asn)).toEqual([36_561]);
    expect(whole.paths.reduce((sum, { vantageCount }) => sum + vantageCount, 0)).toBe(whole.vantages);
    expect(whole.covered.map((one) => one.prefix)).toEqual(['208.65.153.0/25', '208.65.153.128/25']);
    expect(whole.incidents.map(({ id }) => id)).toContain(found);
    expect(whole.ofVantages).toBeGreaterThanOrEqual(whole.vantages);
    const as = played.pipeline.answers.as(36_561);
    if (!as.ok) throw new Error(as.reason);
    expect(as.prefixes.map((one) => one.prefix)).toContain('208.65.152.0/22');
    expect(as.upstreams.map(({ asn }) => asn)).toContain(3549);
    expect(as.incidents.map(({ id }) => id)).toContain(found);
    expect(played.pipeline.answers.prefix('YouTube')).toMatchObject({ ok: false, code: 'PREFIX_BAD' });
    expect(played.pipeline.answers.as(-1)).toMatchObject({ ok: false, code: 'ASN_BAD' });
    expect(played.pipeline.answers.as(4_200_000_001)).toMatchObject({
      ok: true,
      isSeen: false,
      prefixes: [],
    });
  });

  test('a watch list judges what is held, and mistakes change nothing', async () => {
    const bad = await played.pipeline.answers.setWatchList('rules:\n  - prefixes: 17\n');
    expect(bad).toMatchObject({ ok: false });
    if (!bad.ok) expect(bad.mistakes[0]!.line).toBe(2);
    expect(played.pipeline.answers.watchList()).toBe(null);
    expect(await played.pipeline.answers.setWatchList('}{')).toMatchObject({ ok: false });
    const good = await played.pipeline.answers.setWatchList(
      '208.65.152.0/22:\n  asn: 36561\n  description: YouTube\n  ignoreMorespecifics: false\n',
    );
    expect(good).toMatchObject({ ok: true, format: 'bgpalerter', prefixes: 1 });
    expect(played.pipeline.answers.watchList()).toMatchObject({ result: { ok: true } });
    expect((await played.view()).incidents.silentDetectors).not.toContain('watch-list');
    expect(await played.pipeline.answers.setWatchList(null)).toMatchObject({ ok: true, format: null });
    expect(played.pipeline.answers.watchList()).toBe(null);
  });
});

/** VRPs for YouTube's block, and an ASPA of the hijacker's provider, of a moment. */
function rpkiOf(generatedS: number): RpkiData {
  const builder = new VrpBuilder();
  builder.add(parsePrefix('208.65.152.0/22'), 24, 36_561);
  const aspas = aspaSetOf([{ customer: 17_557, providers: [3491] }]);
  return { version: { session: '1', serial: 7, generatedS }, vrps: builder.build(), aspas };
}

describe('the first minutes of the hijack', () => {
  let events: FeedEvent[] = [];

  beforeAll(async () => {
    const batches: ElemBatch[] = [];
    for await (const batch of openElemFile(REPLAY).batches) {
      batches.push(batch);
      if (batch.timeUs[batch.length - 1]! > us('18:55:00')) break;
    }
    events = asEvents(cut(batches, 1000).filter(({ timeUs }) => timeUs[0]! < us('18:55:00')));
  });

  const hijackOf = ({ pipeline }: Played): ReturnType<Pipeline['answers']['incident']> => {
    const { rows } = pipeline.answers.incidents({ text: '208.65.153.0/24 AS17557' });
    return rows.length === 0 ? null : pipeline.answers.incident(rows[0]!.id);
  };

  test('with VRPs of its time the evidence says so, hop by hop', async () => {
    // The window of the counts must still hold the hijack's announcements.
    const early = events.filter((event) => event.type !== 'batch' || event.batch.timeUs[0]! < us('18:51:00'));
    const played = await play(early, rpkiOf(us('18:30:00') / 1e6));
    const { rpki, incidents } = await played.view();
    expect(rpki).toMatchObject({ state: 'ready', vrps: 1, aspas: 1, serial: 7, windowS: 300 });
    expect(rpki.announced.invalid).toBeGreaterThan(0);
    expect(rpki.announced.unknown).toBe(0);
    expect(incidents.silentDetectors).not.toContain('rpki-invalid');
    const found = hijackOf(played)!;
    expect(found.incident.tags).toContainEqual({ name: 'rpki-new-origin-invalid', score: 8 });
    expect(found.incident.evidence.vrpSerial).toBe('1-7');
    const after = found.samples.filter(({ side }) => side === 'after');
    expect(after.every(({ rov }) => rov.state === 'invalid' && rov.reason === 'as')).toBe(true);
    const hops = after.flatMap((sample) => sample.hops ?? []);
    expect(hops).toContainEqual({ from: 17_557, to: 3491, up: HOP.providerPlus, down: HOP.noAttestation });
    const prefix = played.pipeline.answers.prefix('208.65.153.0/24');
    expect(prefix).toMatchObject({ vrps: [{ prefix: '208.65.152.0/22', maxLength: 24, asn: 36_561 }] });
    expect(played.pipeline.answers.as(3491)).toMatchObject({ attestedProviders: [], attestedBy: [17_557] });
    played.pipeline.close();
  });

  test.each([
    ['of another time', Date.parse('2026-09-01T00:00:00Z') / 1000, 'other-time'],
    ['three hours old', us('15:50:00') / 1e6, 'stale'],
  ])('VRPs %s judge nothing, and it is said', async (_what, generatedS, state) => {
    const played = await play(events, rpkiOf(generatedS));
    const { rpki, incidents } = await played.view();
    expect(rpki).toMatchObject({ state, announced: { valid: 0, invalid: 0, 'not-found': 0 } });
    expect(incidents.silentDetectors).toContain('rpki-invalid');
    const found = hijackOf(played)!;
    expect(found.incident.tags.some(({ name }) => name.startsWith('rpki'))).toBe(false);
    expect(found.samples.every(({ rov }) => rov.state === 'unknown' && rov.reason === state)).toBe(true);
    played.pipeline.close();
  });

  test('a replay that starts over finds the same, and what was over is kept as earlier', async () => {
    const once = await play(events);
    const twice = await play([...events, { type: 'reset' }, ...events]);
    const rowsOf = ({ pipeline }: Played, earlier = false): unknown =>
      pipeline.answers.incidents({ limit: 1000, lowVisibility: true, earlier }).rows;
    expect(rowsOf(twice)).toEqual(rowsOf(once));
    expect(twice.pipeline.answers.incidents({}).hiddenEarlier).toBe(0); // all of them are of this pass again
    const reset = await play([...events, { type: 'reset' }]);
    const { rows, hiddenEarlier } = reset.pipeline.answers.incidents({});
    expect(rows).toEqual([]);
    expect(hiddenEarlier).toBeGreaterThan(0);
    const earlier = reset.pipeline.answers.incidents({ earlier: true }).rows;
    expect(earlier.every(({ isEarlier, state }) => isEarlier && state === 'resolved')).toBe(true);
    expect(reset.pipeline.answers.incident(earlier[0]!.id)).toMatchObject({ isEarlier: true });
    for (const { pipeline } of [once, twice, reset]) pipeline.close();
  });

  test('marks are the user’s and come back with undo', async () => {
    const played = await play(events);
    const { id } = hijackOf(played)!.incident;
    const { answers } = played.pipeline;
    const before = (await played.view()).incidents.version;
    expect(answers.mark(id, { kind: 'ack', atMs: 5 })).toBe(null);
    const { incidents } = await played.view();
    expect(incidents.version).toBeGreaterThan(before);
    expect(incidents.active.find((row) => row.id === id)?.mark).toEqual({ kind: 'ack', atMs: 5 });
    expect(answers.mark(id, { kind: 'snooze', atMs: 5, untilMs: 900 })).toEqual({ kind: 'ack', atMs: 5 });
    expect(answers.incident(id)!.mark).toBe(null); // the wall clock of the test is past it
    answers.mark(id, { kind: 'ack', atMs: 5 });
    expect(answers.mark(id, { kind: 'nonsense' } as never)).toEqual({ kind: 'ack', atMs: 5 });
    expect(answers.incident(id)!.mark).toBe(null);
    played.pipeline.close();
  });

  test('candidates and near-misses can be looked at', async () => {
    const played = await play(events);
    const { answers } = played.pipeline;
    const { hiddenLowVisibility } = answers.incidents({});
    expect(hiddenLowVisibility).toBeGreaterThan(0);
    const low = answers
      .incidents({ lowVisibility: true, limit: 1000 })
      .rows.filter((row) => row.isLowVisibility);
    expect(low).toHaveLength(hiddenLowVisibility);
    expect(low.every(({ peerAsns }) => peerAsns <= 1)).toBe(true);
    expect(answers.incident(low[0]!.id)).toMatchObject({ isLowVisibility: true, timeline: [] });
    const { rows, total, countByReason } = answers.nearMisses();
    expect(rows.length).toBe(Math.min(total, 1000));
    expect(countByReason.reduce((sum, { count }) => sum + count, 0)).toBe(total);
    expect(answers.incidents({ text: 'no such thing' })).toMatchObject({ rows: [], total: 0 });
    expect(answers.incident('no such thing')).toBe(null);
    played.pipeline.close();
  });
});

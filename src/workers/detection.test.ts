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
import type { RpkiData } from '#core/rpki/data.ts';
import { VrpBuilder } from '#core/rpki/vrp-set.ts';
import type { FeedEvent, FeedHealth } from '../lib/feed/feed.ts';
import type { IncidentRecord, LiveView } from './api.ts';
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
    const { samples } = played.pipeline.answers.incident(found)!;
    const after = samples.filter(({ side }) => side === 'after');
    const before = samples.filter(({ side }) => side === 'before');
    expect(after.length).toBeGreaterThan(5);
    expect(before.length).toBeGreaterThan(0);
    expect(after.every(({ path, prefix }) => path.at(-1) === 17_557 && prefix === '208.65.153.0/24')).toBe(
      true,
    );
    expect(before.every(({ path }) => path.at(-1) === 36_561)).toBe(true);
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

import type { DetectParams } from '#core/detect/params.ts';
import type { ElemFilter } from '#core/elem/filter.ts';
import type { ErrorCode } from '#core/error.ts';
import { BgpError } from '#core/error.ts';
import type { Refusal } from './api-reports.ts';
import type { IncidentDetail, IncidentList, IncidentQuery } from './api.ts';
import type {
  Comparison,
  PathHistory,
  PathSelection,
  ReplayOpened,
  ReplayProgress,
  ReplaySource,
  ReplayStep,
  ReplayTimeline,
  ReplayView,
  VerdictList,
} from './api-replay.ts';
import { Publisher } from './publisher.ts';
import { ReplayAnswers } from './replay-answers.ts';
import type { Bundle } from './replay-bundle.ts';
import { paramsIn } from './replay-claims.ts';
import type { HereVersions } from './replay-opening.ts';
import { readSource } from './replay-opening.ts';
import { ReplaySession } from './replay-session.ts';
import type { Fetching } from './replay-source.ts';
import { openSource } from './replay-source.ts';
import type { FeaturePort } from './features.ts';
import { sendFeatures } from './replay-features.ts';
import { Turn } from './turn.ts';

export interface ReplayOptions extends Fetching, HereVersions {}

type OnProgress = (progress: ReplayProgress) => unknown;

const PROGRESS_MS = 100;

/** The replay worker but for its thread: opens recordings one after the other and answers about the one that is open. */
export class Replay {
  readonly #options: ReplayOptions;
  readonly #publisher = new Publisher<ReplayView>(() => this.#view());
  #session: ReplaySession | null = null;
  #answers: ReplayAnswers | null = null;
  #opening: AbortController | null = null;
  /** Passes of features begun: a later one ends those before. */
  #features = 0;

  constructor(options: ReplayOptions) {
    this.#options = options;
  }

  /** @see ReplayApi.open */
  async open(source: ReplaySource, onProgress: OnProgress): Promise<ReplayOpened | Refusal> {
    this.close();
    const opening = new AbortController();
    this.#opening = opening;
    const report = new ProgressReport(onProgress);
    try {
      return await this.#openSource(source, opening.signal, report);
    } catch (error) {
      if (opening.signal.aborted)
        return refusal(new BgpError('REPLAY_REPLACED', 'another recording was opened'));
      return refusal(error);
    }
  }

  async #openSource(
    source: ReplaySource,
    signal: AbortSignal,
    report: ProgressReport,
  ): Promise<ReplayOpened> {
    const bytes = await openSource(source, this.#options, signal);
    const turn = new Turn();
    const opened = await readSource(
      bytes,
      {
        isCancelled: () => signal.aborted,
        onProgress: (soFar) => {
          const share = bytes.bytesTotal ? Math.min(1, soFar.bytes / bytes.bytesTotal) : null;
          report.tell({
            phase: 'reading',
            share,
            elems: soFar.elems,
            bytes: soFar.bytes,
            bad: listOf(soFar.bad),
          });
          return turn.isOver ? turn.next() : undefined;
        },
      },
      this.#options,
    );
    turn.close();
    if (signal.aborted) throw new BgpError('REPLAY_REPLACED', 'another recording was opened');
    const { read } = opened;
    const bad = listOf(read.bad);
    if (read.elems === 0) throw new BgpError(...emptyBecause(bad));
    const session = new ReplaySession(opened, {
      onChange: () => this.#publisher.changed(),
      onProgress: (progress) => report.tell({ ...progress, bytes: read.bytes, bad }),
    });
    this.#session = session;
    this.#answers = new ReplayAnswers(session);
    // A bug must end the worker visibly: the rejection reaches the thread.
    void session.analyse();
    this.#publisher.changed();
    return opened.opened;
  }

  /** Let go of what is open or being opened. */
  close(): void {
    this.#opening?.abort();
    this.#session?.close();
    this.#session = null;
    this.#answers = null;
  }

  /** @see ReplayApi.features */
  features(port: FeaturePort): void {
    const session = this.#session;
    const turn = ++this.#features;
    if (!session) return port.close();
    void sendFeatures(session.source, port, () => turn !== this.#features || session.isClosed);
  }

  /** @see ReplayApi.subscribe */
  subscribe(onView: (view: ReplayView) => unknown): void {
    this.#publisher.subscribe(onView);
  }

  #view(): ReplayView | null {
    const session = this.#session;
    if (!session) return null;
    const view = session.view();
    // After this view comes the next one, by itself.
    if (session.isMoving) queueMicrotask(() => this.#publisher.changed());
    return view;
  }

  /** @throws {BgpError} REPLAY_NONE */
  get #open(): ReplaySession {
    if (!this.#session) throw new BgpError('REPLAY_NONE', 'no recording is open');
    return this.#session;
  }

  /** @see ReplayApi.play */
  play(speed: number): void {
    this.#session?.play(speedOf(speed));
  }

  pause(): void {
    this.#session?.pause();
  }

  /** @throws {BgpError} REPLAY_NONE */
  async seek(timeUs: number): Promise<ReplayView> {
    return this.#open.seek(timeUs);
  }

  async step(to: ReplayStep): Promise<number | null> {
    return this.#session?.step(to) ?? null;
  }

  /** @throws {BgpError} FILTER_BAD */
  async setFilter(filter: ElemFilter | null): Promise<void> {
    await this.#session?.setFilter(filter);
  }

  /** @throws {BgpError} REPLAY_NONE */
  timeline(): ReplayTimeline {
    return this.#open.timeline();
  }

  /** @throws {BgpError} REPLAY_NONE */
  incidents(query: IncidentQuery): IncidentList {
    return this.#open.incidentList(query);
  }

  incident(id: string): IncidentDetail | null {
    return this.#session?.incidentDetail(id) ?? null;
  }

  /** @throws {BgpError} REPLAY_NONE, REPLAY_REPLACED */
  async verdicts(): Promise<VerdictList> {
    if (!this.#answers) throw new BgpError('REPLAY_NONE', 'no recording is open');
    return this.#answers.verdicts();
  }

  /** @see ReplayApi.paths */
  async paths(selection: PathSelection): Promise<PathHistory | Refusal> {
    return this.#answered((answers) => answers.paths(selection));
  }

  /** @see ReplayApi.compare */
  async compare(beforeUs: number, afterUs: number, filter: ElemFilter | null): Promise<Comparison | Refusal> {
    return this.#answered((answers) => answers.compare(beforeUs, afterUs, filter));
  }

  /** @see ReplayApi.exportBundle */
  async exportBundle(fromUs: number, toUs: number): Promise<Bundle | Refusal> {
    return this.#answered((answers) => answers.bundle(fromUs, toUs));
  }

  /** @see ReplayApi.rerun */
  async rerun(params: Partial<DetectParams>, onProgress: OnProgress): Promise<VerdictList | Refusal> {
    const report = new ProgressReport(onProgress);
    return this.#answered((answers) =>
      answers.rerun(paramsIn(params), (progress) => report.tell({ ...progress, bytes: 0, bad: [] })),
    );
  }

  cancelRerun(): void {
    this.#answers?.cancel('rerun');
  }

  /** An answer, or why there is none. */
  async #answered<T>(ask: (answers: ReplayAnswers) => Promise<T>): Promise<T | Refusal> {
    try {
      if (!this.#answers) throw new BgpError('REPLAY_NONE', 'no recording is open');
      return await ask(this.#answers);
    } catch (error) {
      return refusal(error);
    }
  }

  /** @throws {BgpError} REPLAY_NONE */
  async stateHash(): Promise<string> {
    return this.#open.stateHash();
  }
}

/** 0, or what lies within 0.1 and 10,000; 1 for what is no speed. */
function speedOf(speed: number): number {
  if (speed === 0) return 0;
  return Number.isFinite(speed) && speed > 0 ? Math.min(10_000, Math.max(0.1, speed)) : 1;
}

/** Tells progress at most ten times a second, and always the last of it. */
class ProgressReport {
  readonly #onProgress: OnProgress;
  #toldMs = -Infinity;

  constructor(onProgress: OnProgress) {
    this.#onProgress = onProgress;
  }

  tell(progress: ReplayProgress): void {
    const nowMs = performance.now();
    if (progress.phase !== 'done' && nowMs - this.#toldMs < PROGRESS_MS) return;
    this.#toldMs = nowMs;
    // A page that is gone does not answer, and nobody misses it.
    Promise.resolve(this.#onProgress(progress)).catch(() => undefined);
  }
}

function listOf(bad: ReadonlyMap<string, number>): { code: string; count: number }[] {
  return [...bad].map(([code, count]) => ({ code, count }));
}

/** What to say of a file without one elem: what was wrong first, if anything was. */
function emptyBecause(bad: readonly { code: string; count: number }[]): [ErrorCode, string] {
  const [first] = bad;
  if (!first) return ['REPLAY_EMPTY', 'it has no elems'];
  const counts = bad.map(({ code, count }) => `${count} ${code}`).join(', ');
  return [first.code as ErrorCode, `no elem could be read (${counts})`];
}

/** An expected failure as a value; a bug goes on as what it is. */
function refusal(error: unknown): Refusal {
  if (!(error instanceof BgpError)) throw error;
  return { ok: false, code: error.code, reason: error.message };
}

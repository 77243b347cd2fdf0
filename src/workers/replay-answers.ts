import type { DetectParams } from '#core/detect/params.ts';
import type { ElemFilter } from '#core/elem/filter.ts';
import { parseFilter } from '#core/elem/filter.ts';
import { BgpError } from '#core/error.ts';
import { CompareScan } from '#core/replay/compare.ts';
import { PathScan } from '#core/replay/paths.ts';
import { ReplayFeed } from '../lib/feed/replay.ts';
import type { Comparison, PathHistory, PathSelection, ReplayProgress, VerdictList } from './api-replay.ts';
import { Analysis, analyse } from './replay-analysis.ts';
import type { Bundle } from './replay-bundle.ts';
import { buildBundle } from './replay-bundle.ts';
import type { ReplaySession } from './replay-session.ts';
import { verdictsOf } from './replay-verdicts.ts';
import { Turn } from './turn.ts';

/** Waited for often. @param onTurn called when others really get their turn */
type GiveWay = (onTurn?: () => void) => Promise<void>;

type Question = 'paths' | 'compare' | 'rerun' | 'bundle';

/**
 * What the page may ask of a whole recording. Each question reads it in turns, and lets go of the question of its kind that was
 * asked before: nobody waits for that any more.
 */
export class ReplayAnswers {
  readonly #session: ReplaySession;
  readonly #asked: Record<Question, number> = { paths: 0, compare: 0, rerun: 0, bundle: 0 };

  constructor(session: ReplaySession) {
    this.#session = session;
  }

  /** Let go of what is being worked on. */
  cancel(question: Question): void {
    this.#asked[question]++;
  }

  /** @throws {BgpError} PREFIX_BAD, FILTER_BAD, REPLAY_REPLACED */
  async paths({ prefixes, moreSpecifics }: PathSelection): Promise<PathHistory> {
    const scan = new PathScan(this.#session.source.recording, prefixes, moreSpecifics);
    await this.#inTurns('paths', async (giveWay) => {
      for (const _frame of scan.scan()) await giveWay();
    });
    const { vantages, initial, events, leftOut } = scan;
    return { ok: true, vantages, initial, events, leftOut };
  }

  /** @throws {BgpError} FILTER_BAD, REPLAY_TOO_MUCH, REPLAY_REPLACED */
  async compare(beforeUs: number, afterUs: number, filter: ElemFilter | null): Promise<Comparison> {
    const [earlierUs, laterUs] = [Math.min(beforeUs, afterUs), Math.max(beforeUs, afterUs)];
    const { recording } = this.#session.source;
    const scan = new CompareScan(recording, earlierUs, laterUs, filter && parseFilter(filter));
    await this.#inTurns('compare', async (giveWay) => {
      for (const _frame of scan.scan()) await giveWay();
    });
    return { ok: true, beforeUs: earlierUs, afterUs: laterUs, ...scan.changes() };
  }

  /** The verdicts of the whole analysis, once it is complete. @throws {BgpError} REPLAY_REPLACED */
  async verdicts(): Promise<VerdictList> {
    const { analysis, source } = this.#session;
    await this.#session.analysedTo(source.recording.endUs);
    this.#mustBeOpen();
    return verdictsOf(analysis.history, source.opened.versions, {});
  }

  /** Analyse again with other thresholds. @throws {BgpError} REPLAY_REPLACED */
  async rerun(
    params: Partial<DetectParams>,
    onProgress: (progress: Omit<ReplayProgress, 'bytes' | 'bad'>) => void,
  ): Promise<VerdictList> {
    const { recording, rpki, hasFullTable, opened } = this.#session.source;
    const analysis = new Analysis({ rpki, hasFullTable, params, samples: false });
    const feed = new ReplayFeed({ recording, label: opened.title, speed: 0 });
    const tell = (): void => {
      const { elems } = analysis;
      onProgress({ phase: 'analysing', share: elems / recording.elems, elems });
    };
    await this.#inTurns('rerun', (giveWay) => analyse(feed, analysis, () => giveWay(tell)));
    onProgress({ phase: 'done', share: 1, elems: recording.elems });
    return verdictsOf(analysis.history, opened.versions, params);
  }

  /** @throws {BgpError} REPLAY_TOO_MUCH, REPLAY_REPLACED */
  bundle(fromUs: number, toUs: number): Promise<Bundle> {
    const { source, filter } = this.#session;
    const { startUs, endUs } = source.recording;
    const clamp = (timeUs: number): number =>
      Math.min(endUs, Math.max(startUs, Math.floor(timeUs) || startUs));
    const window = [clamp(Math.min(fromUs, toUs)), clamp(Math.max(fromUs, toUs))] as const;
    return this.#inTurns('bundle', (giveWay) => buildBundle(source, window, filter, giveWay));
  }

  /** @throws {BgpError} REPLAY_REPLACED when nobody waits for the work any more */
  async #inTurns<T>(question: Question, work: (giveWay: GiveWay) => Promise<T>): Promise<T> {
    const asked = ++this.#asked[question];
    const turn = new Turn();
    try {
      return await work(async (onTurn) => {
        if (!turn.isOver) return;
        onTurn?.();
        await turn.next();
        this.#mustBeOpen();
        if (asked !== this.#asked[question])
          throw new BgpError('REPLAY_REPLACED', 'something else was asked for');
      });
    } finally {
      turn.close();
    }
  }

  #mustBeOpen(): void {
    if (this.#session.isClosed) throw new BgpError('REPLAY_REPLACED', 'another recording was opened');
  }
}

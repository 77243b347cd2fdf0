import { BgpError } from '#core/error.ts';
import { SCORER } from '../../src/lib/ml/stream-scorer.ts';
import type { IsolationForest } from '../../src/lib/ml/isolation.ts';
import type { Operating } from '../../src/lib/ml/manifest.ts';
import type { PreparedStream } from '../dataset/prepared.ts';
import { BUDGET_PER_DAY } from '../evaluate/leave-out.ts';
import type { ThresholdRule } from '../evaluate/thresholds.ts';
import { applyEnsemble } from '../evaluate/ensemble.ts';
import { scoreAll } from '../evaluate/protocol.ts';
import type { Shipped } from '../evaluate/shipped.ts';
import { withForest } from '../evaluate/shipped.ts';
import { ThresholdCurves } from '../evaluate/thresholds.ts';
import type { MemberScores } from './calibrate.ts';
import { fitCalibration } from './calibrate.ts';
import { growForest } from './isolation.ts';
import { MEMBERS, MEMBERS_WITHOUT_LSTM } from './members.ts';
import { seededRandom } from './random.ts';
import { regularRows } from './rows.ts';
import { withSurges } from './surges.ts';

/** Fewer scored minutes than this (a day, over all streams) say too little of a network. */
const MIN_MINUTES = 1440;

/** Surges that thresholds are chosen on are others than those that models are compared on. */
const SURGE_SEED = 1_000_003;
const ARCHIVE_RULE: ThresholdRule = { kind: 'f1-within', perDay: BUDGET_PER_DAY };

/** What fitting to a network changes; everything else of the models stays as it is. */
export interface ArchiveFit {
  readonly forest: IsolationForest;
  readonly operating: Shipped['models']['manifest']['operating'];
}

/**
 * Fit forest, calibration and thresholds to a network's own regular minutes. Regression and LSTM, which need labels, stay. The
 * threshold has the best F1 on artificial surges in the same streams, within the budget of false alarms.
 * @throws {BgpError} MODEL_DATA_BAD with less than a day of scored minutes.
 */
export async function fitToArchive(
  shipped: Shipped,
  streams: readonly PreparedStream[],
  seed: number,
): Promise<ArchiveFit> {
  const rows = regularRows(streams);
  if (rows.count < MIN_MINUTES) {
    throw new BgpError(
      'MODEL_DATA_BAD',
      `${rows.count} minutes after the first day of each stream; ${MIN_MINUTES} are wanted`,
    );
  }
  const forest = growForest(rows, seededRandom(seed));
  const fitted = withForest(shipped, forest);
  const members = await memberScores(fitted, streams);
  const surges = await memberScores(fitted, withSurges(streams, seed + SURGE_SEED));
  const { all } = shipped.models.manifest.operating;
  return {
    forest,
    operating: {
      // Without its LSTM these models cannot say how it scores here: what was known of it stays.
      all: members[0]?.scores.has(SCORER.lstm) ? operate(members, surges, MEMBERS) : all,
      withoutLstm: operate(members, surges, MEMBERS_WITHOUT_LSTM),
    },
  };
}

async function memberScores(shipped: Shipped, streams: readonly PreparedStream[]): Promise<MemberScores[]> {
  const members = streams.map((stream) => ({ stream, scores: new Map<string, Float64Array>() }));
  for (const scorer of shipped.scorers) {
    if (!(MEMBERS as readonly string[]).includes(scorer.id)) continue;
    const scored = await scoreAll(await scorer.fit([]), streams);
    scored.forEach(({ scores }, i) => members[i]!.scores.set(scorer.id, scores));
  }
  return members;
}

/** Calibrate on regular minutes; choose the threshold on surges, which stand in for the events that the network has no labels of. */
function operate(
  regular: readonly MemberScores[],
  surges: readonly MemberScores[],
  ids: readonly string[],
): Operating {
  const calibration = fitCalibration(regular, ids);
  const threshold = new ThresholdCurves(applyEnsemble(calibration, surges)).choose(ARCHIVE_RULE);
  return { calibration, threshold };
}

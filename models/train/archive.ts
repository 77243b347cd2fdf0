import { BgpError } from '#core/error.ts';
import type { CalibrationParams } from '../../src/lib/ml/calibration.ts';
import { SCORER } from '../../src/lib/ml/stream-scorer.ts';
import type { IsolationForest } from '../../src/lib/ml/isolation.ts';
import type { Operating } from '../../src/lib/ml/manifest.ts';
import type { PreparedStream } from '../dataset/prepared.ts';
import { BUDGET_PER_DAY } from '../evaluate/leave-out.ts';
import { scoreAll } from '../evaluate/protocol.ts';
import type { Shipped } from '../evaluate/shipped.ts';
import { withForest } from '../evaluate/shipped.ts';
import { ThresholdCurves } from '../evaluate/thresholds.ts';
import type { MemberScores } from './calibrate.ts';
import { calibratedScores, fitCalibration } from './calibrate.ts';
import { growForest } from './isolation.ts';
import { MEMBERS, MEMBERS_WITHOUT_LSTM } from './members.ts';
import { seededRandom } from './random.ts';
import { regularRows } from './rows.ts';

/** Fewer scored minutes than this (a day, over all streams) say too little of a network. */
const MIN_MINUTES = 1440;

/** What fitting to a network changes; everything else of the models stays as it is. */
export interface ArchiveFit {
  readonly forest: IsolationForest;
  readonly operating: Shipped['models']['manifest']['operating'];
}

/**
 * Fit forest, calibration and thresholds to a network's own regular minutes. Regression and LSTM, which need labels, stay. The
 * threshold is the shipped one, or higher where that would have raised more false alarms than the budget.
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
  const members = await memberScores(withForest(shipped, forest), streams);
  const { all, withoutLstm } = shipped.models.manifest.operating;
  return {
    forest,
    operating: {
      // Without its LSTM these models cannot say how it scores here: what was known of it stays.
      all: members[0]?.scores.has(SCORER.lstm) ? operate(members, MEMBERS, all) : all,
      withoutLstm: operate(members, MEMBERS_WITHOUT_LSTM, withoutLstm),
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

function operate(members: readonly MemberScores[], ids: readonly string[], was: Operating): Operating {
  const calibration: CalibrationParams = fitCalibration(members, ids);
  const scored = members.map((one) => ({ stream: one.stream, scores: calibratedScores(calibration, one) }));
  const quiet = new ThresholdCurves(scored).choose({ kind: 'budget', perDay: BUDGET_PER_DAY });
  return { calibration, threshold: Number.isFinite(quiet) ? Math.max(was.threshold, quiet) : was.threshold };
}

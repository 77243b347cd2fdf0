import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BgpError } from '#core/error.ts';
import type { IsolationForest } from '../../src/lib/ml/isolation.ts';
import type { LstmModel, LstmSpec } from '../../src/lib/ml/lstm-spec.ts';
import { checkLstm } from '../../src/lib/ml/lstm-spec.ts';
import type { Operating } from '../../src/lib/ml/manifest.ts';
import type { Models } from '../../src/lib/ml/model-files.ts';
import { loadModels } from '../../src/lib/ml/model-files.ts';
import { decodeRandomForest } from '../baseline/random-forest-file.ts';
import { volumeZ } from '../baseline/volume-z.ts';
import { CONTEXT_WIDTH } from '../dataset/contexts.ts';
import { fittedLstm } from '../train/lstm.ts';
import { MEMBERS, MEMBERS_WITHOUT_LSTM, fixedScorer } from '../train/members.ts';
import type { ReferenceThresholds } from '../train/package.ts';
import { FILES } from '../train/package.ts';
import { fittedForest, fittedLinear, fittedRandomForest } from '../train/scorers.ts';
import { ENSEMBLE, applyEnsemble, gatherMembers } from './ensemble.ts';
import { ensembleTitle } from './leave-out.ts';
import type { EventStreams, OnStep, Result } from './protocol.ts';
import { judge, scoreAll } from './protocol.ts';
import type { ScoredStream, Scorer } from './scorer.ts';

/** A models folder, ready to score. */
export interface Shipped {
  readonly models: Models;
  readonly scorers: readonly Scorer[];
  readonly thresholds: ReferenceThresholds;
  readonly operating: Operating;
}

/** Read a models folder. @throws {BgpError} MODEL_BAD, MODEL_HASH, MODEL_VERSION */
export async function loadShipped(folder: string): Promise<Shipped> {
  const read = (name: string): Uint8Array => readFileSync(join(folder, name));
  const models = await loadModels((name) => Promise.resolve().then(() => read(name)));
  const lstm = lstmModel(models);
  const reference = attempt(FILES.reference, () => decodeRandomForest(read(FILES.reference), CONTEXT_WIDTH));
  const thresholds = attempt(FILES.thresholds, () => parseThresholds(read(FILES.thresholds)));
  const { all, withoutLstm } = models.manifest.operating;
  return {
    models,
    thresholds,
    operating: lstm ? all : withoutLstm,
    scorers: [
      ...(lstm ? [fixedScorer('lstm', 'LSTM', fittedLstm(lstm))] : []),
      fixedScorer('forest', 'IsolationForest', fittedForest(models.forest)),
      fixedScorer('logistic', 'LogReg', fittedLinear(models.linear)),
      fixedScorer('random-forest', 'RandomForest', fittedRandomForest(reference)),
      volumeZ,
    ],
  };
}

/** The same models with another forest. */
export function withForest(shipped: Shipped, forest: IsolationForest): Shipped {
  const scorers = shipped.scorers.map((scorer) =>
    scorer.id === 'forest' ? fixedScorer(scorer.id, scorer.title, fittedForest(forest)) : scorer,
  );
  return { ...shipped, models: { ...shipped.models, forest }, scorers };
}

/** The LSTM of loaded models; null when there is none or its file is broken. */
export function lstmModel({ manifest, lstmWeights }: Models): LstmModel | null {
  if (!manifest.lstm || !lstmWeights) return null;
  const weights = new Float32Array(Uint8Array.from(lstmWeights).buffer);
  return checkLstm({ spec: manifest.lstm.spec as LstmSpec, weights });
}

/** Score streams with a models folder, and judge them at its thresholds: within its budget, and by the literature's rule. */
export async function judgeShipped(
  shipped: Shipped,
  events: EventStreams,
  onStep?: OnStep,
): Promise<{ budget: Result[]; maxF1: Result[] }> {
  const scored = new Map<string, Map<string, ScoredStream[]>>();
  for (const [done, scorer] of shipped.scorers.entries()) {
    onStep?.(scorer.title, done, shipped.scorers.length);
    const ofEvents = new Map<string, ScoredStream[]>();
    for (const [event, streams] of events) {
      ofEvents.set(event, await scoreAll(await scorer.fit([]), streams));
    }
    scored.set(scorer.id, ofEvents);
  }
  const ids = (scored.has('lstm') ? MEMBERS : MEMBERS_WITHOUT_LSTM) as readonly string[];
  const members = gatherMembers(new Map(ids.map((id) => [id, scored.get(id)!])));
  const { calibration, threshold } = shipped.operating;
  const ensemble = new Map([...members].map(([event, of]) => [event, applyEnsemble(calibration, of)]));
  const rows = (rule: 'budget' | 'maxF1'): Result[] => [
    { ...judge(ENSEMBLE, ensemble, () => threshold), title: ensembleTitle(ids) },
    ...shipped.scorers.map((scorer) =>
      judge(scorer, scored.get(scorer.id)!, () => shipped.thresholds[scorer.id]?.[rule] ?? Infinity),
    ),
  ];
  return { budget: rows('budget'), maxF1: rows('maxF1') };
}

function parseThresholds(bytes: Uint8Array): ReferenceThresholds {
  const json: unknown = JSON.parse(new TextDecoder().decode(bytes));
  const isGood = (value: unknown): boolean =>
    typeof value === 'object' &&
    value !== null &&
    ['maxF1', 'budget'].every((key) => typeof (value as Record<string, unknown>)[key] === 'number');
  if (typeof json !== 'object' || json === null || !Object.values(json).every(isGood))
    throw new Error('shape');
  return json as ReferenceThresholds;
}

function attempt<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof BgpError) throw cause;
    throw new BgpError('MODEL_BAD', `${name}: ${cause instanceof Error ? cause.message : 'unreadable'}`, {
      cause,
    });
  }
}

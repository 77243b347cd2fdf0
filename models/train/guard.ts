import { BgpError } from '#core/error.ts';
import { loadShipped } from '../evaluate/shipped.ts';
import type { ModelParts } from './package.ts';

/** What a new model may lose before it is refused: differences below are noise with so few events (models/card.md). */
const MARGIN = { prAuc: 0.02, f1: 0.03, falsePerDay: 0.1 } as const;

/**
 * Whether a training came out worse than the models of a folder, by their figures on events they had not seen. @returns why, in
 * words; null when it did not, or when there is nothing to compare with.
 */
export async function worseThan(folder: string, { evaluation }: ModelParts): Promise<string | null> {
  const shipped = await evaluationOf(folder);
  if (!shipped || !evaluation) return null;
  const compare = (name: string, was: number, is: number): string =>
    `${name} on unseen events ${is.toFixed(3)}, ${was.toFixed(3)} before`;
  if (evaluation.prAuc < shipped.prAuc - MARGIN.prAuc)
    return compare('PR-AUC', shipped.prAuc, evaluation.prAuc);
  if (evaluation.f1 < shipped.f1 - MARGIN.f1) return compare('F1', shipped.f1, evaluation.f1);
  if (evaluation.falsePerDay > shipped.falsePerDay + MARGIN.falsePerDay) {
    return compare('false alarms per day', shipped.falsePerDay, evaluation.falsePerDay);
  }
  return null;
}

async function evaluationOf(folder: string): Promise<ModelParts['evaluation']> {
  try {
    return (await loadShipped(folder)).models.manifest.evaluation;
  } catch (error) {
    // No models, or broken ones: anything is better.
    if (error instanceof BgpError) return null;
    throw error;
  }
}

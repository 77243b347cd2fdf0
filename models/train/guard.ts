import { BgpError } from '#core/error.ts';
import { loadShipped } from '../evaluate/shipped.ts';
import type { ModelParts } from './package.ts';

/** Macro figures that models are compared by. */
export type Figures = NonNullable<ModelParts['evaluation']>;

/** What a new model may lose before it is refused: differences below are noise with so few events (models/card.md). */
const MARGIN = { prAuc: 0.02, f1: 0.03, falsePerDay: 0.1 } as const;

/**
 * Whether a training came out worse than the models of a folder, by their figures on events they had not seen. @returns why, in
 * words; null when it did not, or when there is nothing to compare with.
 */
export async function worseThan(folder: string, { evaluation }: ModelParts): Promise<string | null> {
  const shipped = await evaluationOf(folder);
  return shipped && evaluation ? compareFigures(shipped, evaluation) : null;
}

/** What is worse about figures on the same events; null when nothing is. */
export function compareFigures(was: Figures, is: Figures): string | null {
  const tell = (name: string, before: number, now: number): string =>
    `${name} on unseen events ${now.toFixed(3)}, ${before.toFixed(3)} before`;
  if (is.prAuc < was.prAuc - MARGIN.prAuc) return tell('PR-AUC', was.prAuc, is.prAuc);
  if (is.f1 < was.f1 - MARGIN.f1) return tell('F1', was.f1, is.f1);
  if (is.falsePerDay > was.falsePerDay + MARGIN.falsePerDay) {
    return tell('false alarms per day', was.falsePerDay, is.falsePerDay);
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

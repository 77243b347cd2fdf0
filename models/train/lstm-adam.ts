/** Adam with decoupled weight decay (Loshchilov and Hutter 2019) and its state. */
export interface Adam {
  step: number;
  readonly mean: Float64Array;
  readonly square: Float64Array;
}

const MEAN_DECAY = 0.9;
const SQUARE_DECAY = 0.999;
const EPSILON = 1e-8;

export function createAdam(size: number): Adam {
  return { step: 0, mean: new Float64Array(size), square: new Float64Array(size) };
}

/**
 * One step over flat weights, in place. In plain numbers and not on the backend: it is a few thousand multiplications, and their
 * bits are the same everywhere. The gradient is shortened to a length of `clipNorm`.
 */
export function stepAdam(
  adam: Adam,
  weights: Float32Array,
  gradient: Float32Array,
  { rate, decay, clipNorm }: { readonly rate: number; readonly decay: number; readonly clipNorm: number },
): void {
  adam.step++;
  const length = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0));
  const shrink = length > clipNorm ? clipNorm / length : 1;
  const meanScale = 1 - MEAN_DECAY ** adam.step;
  const squareScale = 1 - SQUARE_DECAY ** adam.step;
  for (let i = 0; i < weights.length; i++) {
    const g = gradient[i]! * shrink;
    const mean = (adam.mean[i] = MEAN_DECAY * adam.mean[i]! + (1 - MEAN_DECAY) * g);
    const square = (adam.square[i] = SQUARE_DECAY * adam.square[i]! + (1 - SQUARE_DECAY) * g * g);
    const move = mean / meanScale / (Math.sqrt(square / squareScale) + EPSILON);
    weights[i] = weights[i]! - rate * (move + decay * weights[i]!);
  }
}

/** Rate at a step of a run: up over the first tenth, then down along a cosine to nothing. */
export function rateAt(step: number, steps: number, peak: number): number {
  const warm = steps / 10;
  if (step < warm) return (peak * (step + 1)) / warm;
  return peak * 0.5 * (1 + Math.cos((Math.PI * (step - warm)) / (steps - warm)));
}

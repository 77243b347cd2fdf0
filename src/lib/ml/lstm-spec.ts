import { BgpError } from '#core/error.ts';
import { MODEL_COLUMNS_VERSION } from './columns.ts';
import { LSTM_INPUT_VERSION, LSTM_STEPS, LSTM_WIDTH } from './lstm-input.ts';

/** What the weights of a committee of small networks are for; beside them in the model files, as JSON. */
export interface LstmSpec {
  /** `LSTM_INPUT_VERSION` and `MODEL_COLUMNS_VERSION` it was trained for. */
  readonly inputVersion: number;
  readonly columnsVersion: number;
  readonly steps: number;
  /** Values per step. */
  readonly width: number;
  readonly units: number;
  /** Networks that are averaged, each of its own seed. */
  readonly nets: number;
}

/** A committee: what is trained, stored, checked and scored with. */
export interface LstmModel {
  readonly spec: LstmSpec;
  /** `weightsPerNet(spec)` values per network: kernel, recurrent kernel, bias, head, head's bias; gates in the order i f c o. */
  readonly weights: Float32Array;
}

/** Most units and networks, and the largest weight, that are taken for sane. */
export const LSTM_LIMITS = { units: 128, nets: 32, weight: 1e3 } as const;

/** Shapes of a network's tensors in the order of the weights. */
export function tensorShapes({ width, units }: LstmSpec): readonly (readonly number[])[] {
  return [[width, 4 * units], [units, 4 * units], [4 * units], [units, 1], [1]];
}

/** Values of one network. */
export function weightsPerNet(spec: LstmSpec): number {
  return tensorShapes(spec).reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0);
}

/** The spec of this program's networks. */
export function lstmSpec(units: number, nets: number): LstmSpec {
  return {
    inputVersion: LSTM_INPUT_VERSION,
    columnsVersion: MODEL_COLUMNS_VERSION,
    steps: LSTM_STEPS,
    width: LSTM_WIDTH,
    units,
    nets,
  };
}

/**
 * Check a committee that came from outside.
 * @throws {BgpError} MODEL_VERSION for another input, MODEL_BAD for sizes that do not fit and values that are not finite.
 */
export function checkLstm({ spec, weights }: LstmModel): LstmModel {
  if (typeof spec !== 'object' || spec === null) throw new BgpError('MODEL_BAD', 'lstm: no spec');
  const { inputVersion, columnsVersion, steps, width, units, nets } = spec;
  if (inputVersion !== LSTM_INPUT_VERSION || columnsVersion !== MODEL_COLUMNS_VERSION) {
    throw new BgpError('MODEL_VERSION', `lstm: input ${inputVersion}, columns ${columnsVersion}`);
  }
  if (steps !== LSTM_STEPS || width !== LSTM_WIDTH) {
    throw new BgpError('MODEL_BAD', `lstm: sequences of ${steps} x ${width}`);
  }
  if (!isCount(units, LSTM_LIMITS.units)) throw new BgpError('MODEL_BAD', `lstm: ${units} units`);
  if (!isCount(nets, LSTM_LIMITS.nets)) throw new BgpError('MODEL_BAD', `lstm: ${nets} networks`);
  if (weights.length !== nets * weightsPerNet(spec)) {
    throw new BgpError('MODEL_BAD', `lstm: ${weights.length} weights for ${nets} networks`);
  }
  const bad = weights.findIndex((weight) => !(Math.abs(weight) <= LSTM_LIMITS.weight));
  if (bad >= 0) throw new BgpError('MODEL_BAD', `lstm: weight ${bad} is ${weights[bad]}`);
  return { spec, weights };
}

function isCount(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= most;
}

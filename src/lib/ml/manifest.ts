import { BgpError } from '#core/error.ts';
import type { AlarmParams } from './alarm.ts';
import type { CalibrationParams } from './calibration.ts';
import { MODEL_COLUMNS, MODEL_COLUMNS_VERSION } from './columns.ts';
import { LSTM_INPUT_VERSION } from './lstm-input.ts';
import type { NormaliserParams } from './normaliser.ts';

/** Format of `model.json`. */
export const MANIFEST_FORMAT = 1;
/** Longest `model.json` that is read. */
export const MAX_MANIFEST_CHARS = 1_000_000;

/** A file the manifest vouches for. */
export interface ModelFile {
  readonly name: string;
  readonly bytes: number;
  /** 64 hex digits. */
  readonly sha256: string;
}

/** A calibration with the threshold that goes with it. */
export interface Operating {
  readonly calibration: CalibrationParams;
  /** Calibrated scores from here on are over. */
  readonly threshold: number;
}

/** `models/model.json`: everything but the large arrays. */
export interface Manifest {
  readonly format: number;
  /** Of the models: date of training and a count. */
  readonly version: string;
  readonly columnsVersion: number;
  readonly columns: readonly string[];
  /** `LSTM_INPUT_VERSION`: forest and regression read means of the LSTM's channels. */
  readonly channelsVersion: number;
  readonly normaliser: NormaliserParams;
  readonly contextSpansMinutes: readonly number[];
  readonly linear: { readonly bias: number; readonly weights: readonly number[] };
  readonly alarm: AlarmParams;
  /** False alarms per day and stream the thresholds were chosen for. */
  readonly budgetPerDay: number;
  /** With every scorer, and by scorer left out (`lstm` where TensorFlow.js or its weights cannot be had). */
  readonly operating: { readonly all: Operating; readonly withoutLstm: Operating };
  readonly forestFile: ModelFile;
  /** Weights of the LSTM and what its reader wants to know of them; null when the models were trained without. */
  readonly lstm: { readonly file: ModelFile; readonly spec: unknown } | null;
  readonly trained: {
    readonly seed: number;
    /** Names of the events and the first minute of the last one, for choosing how to evaluate. */
    readonly events: readonly string[];
    readonly lastMinute: number;
    readonly streams: number;
  };
  /** Leave-one-event-out figures of the ensemble at training time, what `models train` compares with. */
  readonly evaluation: { readonly prAuc: number; readonly f1: number; readonly falsePerDay: number } | null;
}

/** Read `model.json`. @throws {BgpError} MODEL_BAD, MODEL_VERSION */
export function parseManifest(text: string): Manifest {
  if (text.length > MAX_MANIFEST_CHARS)
    throw new BgpError('MODEL_BAD', `manifest of ${text.length} characters`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new BgpError('MODEL_BAD', 'manifest is not JSON', { cause });
  }
  const root = new Field('manifest', json);
  const format = root.at('format').number();
  if (format !== MANIFEST_FORMAT) throw new BgpError('MODEL_VERSION', `manifest format ${format}`);
  const columns = root.at('columns').strings();
  const columnsVersion = root.at('columnsVersion').number();
  if (columnsVersion !== MODEL_COLUMNS_VERSION || columns.join() !== MODEL_COLUMNS.join()) {
    throw new BgpError(
      'MODEL_VERSION',
      `models for columns ${columnsVersion}, ours are ${MODEL_COLUMNS_VERSION}`,
    );
  }
  const channelsVersion = root.at('channelsVersion').number();
  if (channelsVersion !== LSTM_INPUT_VERSION) {
    throw new BgpError(
      'MODEL_VERSION',
      `models for channels ${channelsVersion}, ours are ${LSTM_INPUT_VERSION}`,
    );
  }
  checkNormaliser(root.at('normaliser'));
  root.at('contextSpansMinutes').numbers(1, 1440);
  root.at('linear').at('bias').number();
  root.at('linear').at('weights').numbers();
  root.at('alarm').at('raise').number(1, 60);
  root.at('alarm').at('of').number(1, 60);
  root.at('budgetPerDay').number(0);
  checkOperating(root.at('operating').at('all'));
  checkOperating(root.at('operating').at('withoutLstm'));
  checkFile(root.at('forestFile'));
  if (root.at('lstm').value !== null) checkFile(root.at('lstm').at('file'));
  root.at('version').string();
  root.at('trained').at('events').strings();
  root.at('trained').at('lastMinute').number();
  return json as Manifest;
}

function checkNormaliser(field: Field): void {
  field.at('spanMinutes').number(60, 10_080);
  field.at('lagMinutes').number(1, 1440);
  field.at('minRows').number(1, 10_080);
  field.at('fullRows').number(1, 10_080);
  field.at('minSpread').number(1e-6, 100);
  field.at('clip').number(1, 1000);
}

function checkOperating(field: Field): void {
  field.at('threshold').number(0);
  const calibration = field.at('calibration');
  calibration.at('level').number();
  calibration.at('cap').number();
  for (const [, scorer] of calibration.at('scorers').entries()) {
    scorer.at('median').number();
    scorer.at('spread').number(Number.MIN_VALUE);
  }
}

function checkFile(field: Field): void {
  if (!/^[\w.-]{1,80}$/.test(field.at('name').string())) throw field.bad('name');
  if (!/^[0-9a-f]{64}$/.test(field.at('sha256').string())) throw field.bad('sha256');
  field.at('bytes').number(1, 16 * 1024 * 1024);
}

/** A place in a JSON document, for messages that say where. */
class Field {
  readonly #path: string;
  readonly value: unknown;

  constructor(path: string, value: unknown) {
    this.#path = path;
    this.value = value;
  }

  bad(what: string): BgpError {
    return new BgpError('MODEL_BAD', `${this.#path}: ${what}`);
  }

  at(key: string): Field {
    if (typeof this.value !== 'object' || this.value === null) throw this.bad('not an object');
    const inside = Object.hasOwn(this.value, key) ? (this.value as Record<string, unknown>)[key] : undefined;
    return new Field(`${this.#path}.${key}`, inside);
  }

  entries(): [string, Field][] {
    if (typeof this.value !== 'object' || this.value === null) throw this.bad('not an object');
    return Object.entries(this.value).map(([key, value]) => [key, new Field(`${this.#path}.${key}`, value)]);
  }

  number(least = -Infinity, most = Infinity): number {
    const { value } = this;
    if (typeof value !== 'number' || !Number.isFinite(value) || value < least || value > most) {
      throw this.bad('not a number, or out of bounds');
    }
    return value;
  }

  string(): string {
    if (typeof this.value !== 'string') throw this.bad('not text');
    return this.value;
  }

  numbers(least = -Infinity, most = Infinity): number[] {
    if (!Array.isArray(this.value) || this.value.length > 10_000) throw this.bad('not a list of numbers');
    return this.value.map((value, i) => new Field(`${this.#path}[${i}]`, value).number(least, most));
  }

  strings(): string[] {
    if (!Array.isArray(this.value) || this.value.length > 10_000) throw this.bad('not a list of text');
    return this.value.map((value, i) => new Field(`${this.#path}[${i}]`, value).string());
  }
}

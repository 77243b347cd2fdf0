import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** Something that takes bytes from outside. */
export interface FuzzTarget {
  /** Names the folder of its kept inputs: `tests/fuzz/kept/NAME/`. */
  readonly name: string;
  /** Good inputs to start from. */
  readonly seeds: readonly Uint8Array[];
  /** Take one input. Whatever it throws is a bug: expected failures are caught and counted inside. */
  run(input: Uint8Array, random: Random): void;
  /** Called now and then and at the end; throws if something that must be bounded is not. */
  checkGrowth?(): void;
  /** One line of counters for the summary. */
  summary?(): string;
}

/** Seeded pseudo-random numbers (mulberry32): the same seed gives the same run. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 0 .. 2^32-1. */
  word(): number {
    this.#state = (this.#state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** 0 .. below-1; 0 for `below` under 1. */
  below(below: number): number {
    return below < 1 ? 0 : this.word() % below;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

const INTERESTING = [0, 1, 2, 3, 4, 7, 8, 15, 16, 19, 23, 31, 32, 33, 64, 127, 128, 129, 254, 255];
/** Inputs grow by insertion; longer ones are cut. */
const MAX_INPUT_BYTES = 256 * 1024;

/**
 * A few small changes to a copy of `input`; `other` gives bytes to splice in. Every other time the length stays, because
 * formats full of lengths turn a longer input down before its inside is looked at.
 */
export function mutate(input: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  let bytes: Uint8Array = input.slice();
  const kinds = random.below(2) === 0 ? 4 : 9;
  for (let steps = random.pick([1, 1, 1, 2, 3, 6]); steps > 0; steps--) {
    bytes = mutateOnce(bytes, other, random.below(kinds), random);
  }
  return bytes.subarray(0, MAX_INPUT_BYTES);
}

function mutateOnce(bytes: Uint8Array, other: Uint8Array, kind: number, random: Random): Uint8Array {
  const at = random.below(bytes.length);
  const count = 1 + random.below(Math.min(64, bytes.length - at));
  switch (kind) {
    case 0:
      if (bytes.length > 0) bytes[at]! ^= 1 << random.below(8);
      return bytes;
    case 1:
      if (bytes.length > 0) bytes[at] = random.pick(INTERESTING);
      return bytes;
    case 2:
      if (bytes.length > 0) bytes[at] = random.word();
      return bytes;
    case 3: // a 16-bit length off by a little
      if (at + 1 < bytes.length) {
        const value = ((bytes[at]! << 8) | bytes[at + 1]!) + random.below(9) - 4;
        bytes[at] = value >> 8;
        bytes[at + 1] = value;
      }
      return bytes;
    case 4:
      return join(bytes.subarray(0, at), bytes.subarray(at + count));
    case 5:
      return join(bytes.subarray(0, at + count), bytes.subarray(at));
    case 6: {
      const from = random.below(other.length);
      return join(bytes.subarray(0, at), other.subarray(from, from + count), bytes.subarray(at));
    }
    case 7:
      return bytes.subarray(0, at);
    default: {
      const noise = Uint8Array.from({ length: 1 + random.below(16) }, () => random.word());
      return join(bytes.subarray(0, at), noise, bytes.subarray(at));
    }
  }
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

const KEPT = fileURLToPath(new URL('./kept/', import.meta.url));

/** Inputs that once broke the target, kept as regression cases: `[file name, bytes]`. */
export function keptInputs(name: string): [string, Uint8Array][] {
  const folder = `${KEPT}${name}/`;
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.hex'))
    .sort()
    .map((file) => [
      file,
      Uint8Array.from(Buffer.from(readFileSync(folder + file, 'utf8').replace(/\s/g, ''), 'hex')),
    ]);
}

function keep(name: string, input: Uint8Array): string {
  const folder = `${KEPT}${name}/`;
  mkdirSync(folder, { recursive: true });
  const file = `${folder}${createHash('sha256').update(input).digest('hex').slice(0, 16)}.hex`;
  writeFileSync(file, `${Buffer.from(input).toString('hex').replace(/.{64}/g, '$&\n')}\n`);
  return file;
}

/** Mutated inputs that did not throw become seeds too, up to this many; then a new one replaces a random one. */
const MAX_CORPUS = 2000;

/**
 * Run a target from the command line: `--seconds N` (default 10), `--seed S` (default 1). Prints executions and counters;
 * a failing input is written to `tests/fuzz/kept/` and sets exit code 1.
 */
export function runFuzzer(target: FuzzTarget): void {
  const { values } = parseArgs({
    options: { seconds: { type: 'string', default: '10' }, seed: { type: 'string', default: '1' } },
  });
  const random = new Random(Number(values.seed));
  const corpus = [...target.seeds];
  const end = performance.now() + Number(values.seconds) * 1000;
  let executions = 0;
  let failures = 0;
  for (const [, input] of keptInputs(target.name)) target.run(input, random);
  while (performance.now() < end && failures < 10) {
    const input = mutate(random.pick(corpus), random.pick(corpus), random);
    executions++;
    try {
      target.run(input, random);
      if (executions % 4096 === 0) target.checkGrowth?.();
    } catch (error) {
      failures++;
      console.error(
        `${keep(target.name, input)}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
    }
    if (random.below(64) === 0) {
      if (corpus.length < MAX_CORPUS) corpus.push(input);
      else corpus[target.seeds.length + random.below(MAX_CORPUS - target.seeds.length)] = input;
    }
  }
  target.checkGrowth?.();
  const memoryMb = Math.round(process.memoryUsage().rss / 1e6);
  console.log(
    `${target.name}: ${executions} executions in ${values.seconds} s, seed ${values.seed}, ${failures} failures, ` +
      `${target.seeds.length} seeds, rss ${memoryMb} MB${target.summary ? `; ${target.summary()}` : ''}`,
  );
  if (failures > 0) process.exitCode = 1;
}

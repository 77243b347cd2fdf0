import { describe, expect, test } from 'vitest';
import type { FuzzTarget } from './harness.ts';
import { keptInputs, mutate, Random } from './harness.ts';
import { RpkiCompactTarget, RpkiJsonTarget } from './rpki-target.ts';

/** Inputs of a short, always equal run: `npx tsx tests/fuzz/NAME.fuzz.ts` does the long ones. */
const SHORT_RUN = 3000;

describe.each<[string, () => FuzzTarget]>([
  ['rpki-json', () => new RpkiJsonTarget()],
  ['rpki-compact', () => new RpkiCompactTarget()],
])('fuzzing %s', (name, open) => {
  test('every input that once broke it is taken now', () => {
    const target = open();
    for (const [file, input] of keptInputs(name)) {
      expect(() => target.run(input.slice(), new Random(1)), file).not.toThrow();
    }
  });

  test(`${SHORT_RUN} mutated inputs`, () => {
    const target = open();
    const random = new Random(2026);
    for (let i = 0; i < SHORT_RUN; i++) {
      target.run(mutate(random.pick(target.seeds), random.pick(target.seeds), random), random);
    }
  });
});

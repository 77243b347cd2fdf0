import { describe, expect, test } from 'vitest';
import { Bzip2Target } from './bzip2-target.ts';
import type { FuzzTarget } from './harness.ts';
import { keptInputs, mutate, Random } from './harness.ts';
import { JsonlTarget, RisLiveTarget } from './json-target.ts';

/** Inputs of a short, always equal run: `npx tsx tests/fuzz/NAME.fuzz.ts` does the long ones. */
const SHORT_RUN = 3000;

describe.each<[string, string, () => FuzzTarget]>([
  ['rislive', 'RIS_BAD_MESSAGE', () => new RisLiveTarget()],
  ['jsonl', 'JSONL_BAD_LINE', () => new JsonlTarget()],
  ['bzip2', 'FILE_DAMAGED', () => new Bzip2Target()],
])('fuzzing %s', (name, code, open) => {
  test('every input that once broke it is taken now', () => {
    const target = open();
    for (const [file, input] of keptInputs(name)) {
      for (let seed = 0; seed < 16; seed++) {
        expect(() => target.run(input.slice(), new Random(seed)), file).not.toThrow();
      }
    }
  });

  test(`${SHORT_RUN} mutated inputs`, () => {
    const target = open();
    const random = new Random(2026);
    for (let i = 0; i < SHORT_RUN; i++) {
      target.run(mutate(random.pick(target.seeds), random.pick(target.seeds), random), random);
    }
    expect(target.summary!()).toContain(code);
  });
});

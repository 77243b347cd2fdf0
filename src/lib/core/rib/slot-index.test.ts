import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SlotIndex } from './slot-index.ts';

/** Everything the index answers for a hash. */
function entries(index: SlotIndex, hash: number): number[] {
  const found: number[] = [];
  for (let entry = index.first(hash); entry !== -1; entry = index.next()) found.push(entry);
  return found.sort((a, b) => a - b);
}

test('answers like a map of lists through any adding, removing and growing', () => {
  // Few hashes, many of them in one neighbourhood, so that clusters form and wrap around the end.
  const hash = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constantFrom(0xffff_ffff, 0xffff_fffe, 15, 31));
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('add' as const), hash }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('remove' as const), hash }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('grow' as const), hash }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      let capacity = 12;
      const index = new SlotIndex(capacity);
      const model = new Map<number, number[]>();
      let next = 0;
      let size = 0;
      for (const { do: action, hash: key } of steps) {
        const held = model.get(key) ?? [];
        if (action === 'add') {
          if (size === capacity) index.grow((capacity *= 2));
          entries(index, key); // ends in -1, at the slot to fill
          index.add(next);
          model.set(key, [...held, next++]);
          size++;
        } else if (action === 'remove' && held.length > 0) {
          index.remove(key, held[0]!);
          model.set(key, held.slice(1));
          size--;
        } else if (action === 'grow') index.grow((capacity *= 2));
        for (const [each, wanted] of model) expect(entries(index, each)).toEqual(wanted);
      }
    }),
    { numRuns: 300 },
  );
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { arbitraryElems } from '../../../../tests/fixtures/arbitrary-elems.ts';
import { elemBatch } from '../../../../tests/fixtures/elem-batch.ts';
import { DetectionEngine, RIB_OPTIONS } from '../detect/engine.ts';
import { Rib } from './rib.ts';

test('a batch stepped in ranges gives what it gives in one step', () => {
  fc.assert(
    fc.property(arbitraryElems, fc.array(fc.nat(40), { maxLength: 6 }), (elems, cuts) => {
      const batch = elemBatch(elems);
      const whole = new Rib(RIB_OPTIONS);
      const wholeEngine = new DetectionEngine(whole);
      const result = whole.step(batch);
      wholeEngine.step(batch, result);

      const rib = new Rib(RIB_OPTIONS);
      const engine = new DetectionEngine(rib);
      const drops: number[] = [];
      let last = result;
      const ends = [...new Set([...cuts.filter((cut) => cut > 0 && cut < batch.length), batch.length])];
      let from = 0;
      for (const to of ends.sort((a, b) => a - b)) {
        last = rib.stepRange(batch, from, to);
        engine.stepRange(batch, last, from, to);
        drops.push(...last.drops);
        from = to;
      }
      expect(last.outcomes).toEqual(result.outcomes);
      expect(last.previousOrigins).toEqual(result.previousOrigins);
      expect(drops).toEqual([...result.drops]);
      expect(rib.stats()).toEqual(whole.stats());
      expect(engine.stats()).toEqual(wholeEngine.stats());
      expect(engine.incidents()).toEqual(wholeEngine.incidents());
    }),
    { numRuns: 60, seed: 4 },
  );
});

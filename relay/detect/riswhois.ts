import { TABLE } from '#core/elem/batch.ts';
import { BatchBuilder } from '#core/elem/builder.ts';
import type { RoutingFacts } from '#core/origin/routing-facts.ts';
import { tryParsePrefix } from '#core/prefix/prefix.ts';

const LINE = /^(\d+)\t([0-9a-fA-F:.]+\/\d+)\t(\d+)$/;

/** Whether the text looks like a RISwhois dump: `origin TAB prefix TAB peers`, comments with %. */
export function isRisWhois(text: string): boolean {
  const lines = text.split('\n', 200).filter((line) => line !== '' && !line.startsWith('%'));
  return lines.length > 0 && LINE.test(lines[0]!);
}

/**
 * Take a RISwhois dump (https://www.ris.ripe.net/dumps/) in as baseline. Origins that are AS_SETs (`{1,2}`) are left out.
 * @returns how many (prefix, origin) pairs were taken and how many lines were not understood.
 */
export function learnRisWhois(text: string, facts: RoutingFacts): { pairs: number; badLines: number } {
  let pairs = 0;
  let badLines = 0;
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('%') || line.startsWith('{')) continue;
    const match = LINE.exec(line);
    const key = match ? tryParsePrefix(match[2]!) : null;
    if (!match || !key || Number(match[1]) > 0xffff_ffff) {
      badLines++;
      continue;
    }
    const builder = new BatchBuilder(1);
    const [w0, w1, w2, w3] = key.words;
    builder.prefixes.intern(key.isV6 ? TABLE.ipv6 : TABLE.ipv4, key.bits, w0, w1, w2, w3);
    facts.startBatch(builder.take());
    facts.learnOrigin(0, Number(match[1]), Number(match[3]));
    pairs++;
  }
  return { pairs, badLines };
}

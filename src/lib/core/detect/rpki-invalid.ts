import { TABLE } from '../elem/batch.ts';
import { ORIGIN_FLAG } from '../origin/origins.ts';
import type { Context, Detector, RouteEvent } from './detector.ts';
import { EVENT } from './detector.ts';

/**
 * A new origin that route origin validation calls invalid (RFC 6811), where no other rule already looks at the pair. Pairs
 * established before are not reported: thousands of invalids stand in the table for years.
 */
export const rpkiInvalid: Detector<null> = {
  id: 'rpki-invalid',
  needs: ['rov'],
  events: [EVENT.announce],
  init: () => null,
  step(_state, event, context) {
    const entry = event.originEntry;
    if (entry === -1 || context.facts.isEstablished(event.prefix, entry, event.timeS)) return;
    if (context.facts.origins.flags(entry) & ORIGIN_FLAG.suspect) return;
    const origin = event.path!.origin;
    if (!mayBeInvalid(event, context)) return;
    const verdict = context.knowledge.rov!(context.facts.prefixes.text(event.prefix), origin);
    if (verdict.state !== 'invalid') return;
    const isLength = verdict.reason === 'length';
    const owner = verdict.vrps.find((vrp) => vrp.asn !== 0)?.asn ?? 0;
    context.emit({
      type: 'rpki-invalid',
      group: 'rpki',
      prefix: event.prefix,
      culprit: origin,
      victim: isLength ? 0 : owner,
      tags: [{ name: isLength ? 'rpki-invalid-length' : 'rpki-invalid-origin', score: isLength ? 3 : 5 }],
    });
  },
};

/** The cheap question first: nearly every route is fine. */
function mayBeInvalid(event: RouteEvent, { facts: { prefixes }, knowledge }: Context): boolean {
  if (!knowledge.isRovInvalid) return true;
  const { words, at } = prefixes.words(event.prefix);
  const isV6 = prefixes.table(event.prefix) === TABLE.ipv6;
  return knowledge.isRovInvalid(isV6, prefixes.bits(event.prefix), words, at, event.path!.origin);
}

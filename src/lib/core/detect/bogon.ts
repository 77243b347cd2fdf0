import { bogonAsn } from '../origin/asn-class.ts';
import { isBogonPrefix } from '../origin/bogon-prefixes.ts';
import type { Context, Detector, RouteEvent } from './detector.ts';
import { EVENT } from './detector.ts';

interface State {
  readonly limit: number;
  /** Ids of prefixes in special-purpose space. The oldest goes first. */
  readonly prefixes: Set<number>;
}

/** A prefix in special-purpose space (private, documentation, multicast, ...) is announced. IANA registries, RFC 6890. */
export const bogonPrefix: Detector<State> = {
  id: 'bogon-prefix',
  needs: [],
  events: [EVENT.announce],
  init: (params) => ({ limit: params.maxSightings, prefixes: new Set() }),
  step(state, event, context) {
    if (event.isNewPrefix && isBogon(event, context)) {
      if (state.prefixes.size >= state.limit) state.prefixes.delete(state.prefixes.values().next().value!);
      state.prefixes.add(event.prefix);
    }
    if (!state.prefixes.has(event.prefix)) return;
    context.emit({
      type: 'bogon-prefix',
      group: 'bogon',
      prefix: event.prefix,
      culprit: event.path!.origin,
      victim: 0,
      subject: 'prefix',
      tags: [{ name: 'special-purpose-space', score: 3 }],
    });
  },
};

function isBogon(event: RouteEvent, { facts }: Context): boolean {
  const { prefixes } = facts;
  const words = [0, 1, 2, 3].map((word) => prefixes.word(event.prefix, word));
  return isBogonPrefix(prefixes.table(event.prefix) === 1, prefixes.bits(event.prefix), words);
}

/** An AS number that does not belong on the public Internet stands in a path, behind a link not known before. */
export const bogonAsnDetector: Detector<null> = {
  id: 'bogon-asn',
  needs: [],
  events: [EVENT.announce],
  init: () => null,
  step(_state, event, context) {
    const { hops, privateTail } = event.path!;
    for (let i = 1; i < hops.length; i++) {
      const asn = hops[i]!;
      if (asn < 64496 && asn !== 0 && asn !== 23456) continue;
      if (bogonAsn(asn) === null || context.facts.isKnownLink(event.links[i - 1]!, event.timeS)) continue;
      report(event, context, hops[i - 1]!, asn);
      return;
    }
    if (privateTail.length > 0 && event.isNewOrigin)
      report(event, context, event.path!.origin, privateTail[0]!);
  },
};

function report(event: RouteEvent, context: Context, culprit: number, asn: number): void {
  context.emit({
    type: 'bogon-asn',
    group: 'bogon',
    prefix: event.prefix,
    culprit,
    victim: 0,
    subject: `AS${asn}`,
    tags: [{ name: asn === 23456 ? 'as-trans' : 'reserved-asn-on-path', score: asn === 23456 ? 1 : 2 }],
    detail: { asn, why: bogonAsn(asn) ?? 'private use (RFC 6996)' },
  });
}

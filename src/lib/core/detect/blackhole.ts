import type { Context, Detector, RouteEvent } from './detector.ts';
import { EVENT } from './detector.ts';

/** BLACKHOLE, 65535:666 (RFC 7999 §5). */
const WELL_KNOWN = 0xffff_029a;
/** The value providers gave their own blackhole communities before there was a well-known one. */
const USUAL_VALUE = 666;

/**
 * A route asks to have its traffic dropped: the well-known community, or a provider's own `asn:666` on a prefix longer
 * than is usually routed. Not an attack by itself; it explains loss of reachability, and leaks beyond the providers it
 * was meant for.
 */
export const blackhole: Detector<null> = {
  id: 'blackhole',
  needs: [],
  events: [EVENT.announce],
  init: () => null,
  step(_state, event, context) {
    const { communities, attrSets } = event.batch!;
    const list = attrSets.communities[event.attrs]!;
    if (list === 0) return;
    for (let at = communities.offsets[list]!; at < communities.offsets[list + 1]!; at++) {
      const word = communities.words[at]!;
      if ((word & 0xffff) !== USUAL_VALUE) continue;
      if (word >>> 0 !== WELL_KNOWN && !isLong(event, context)) continue;
      context.emit({
        type: 'blackhole',
        group: 'blackhole',
        prefix: event.prefix,
        culprit: event.path!.origin,
        victim: 0,
        tags: [
          { name: isLong(event, context) ? 'blackhole-longer-than-usual' : 'blackhole-community', score: 2 },
        ],
        detail: { community: `${word >>> 16}:${word & 0xffff}` },
      });
      return;
    }
  },
};

function isLong(event: RouteEvent, { facts, params }: Context): boolean {
  const isV6 = facts.prefixes.table(event.prefix) === 1;
  return facts.prefixes.bits(event.prefix) > (isV6 ? params.maxUsualBitsV6 : params.maxUsualBitsV4);
}

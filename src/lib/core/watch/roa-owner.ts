import { formatPrefix } from '../prefix/prefix.ts';
import type { ListedVrp } from '../rpki/vrp.ts';
import { firstAsn } from './asn-set.ts';
import { rulesFor } from './monitors.ts';
import type { WatchIndex } from './watch-index.ts';
import type { WatchAs, WatchRule } from './watch-list.ts';

/** Who on the watch list a VRP concerns. */
export interface RoaOwner {
  /** The configured prefix, or the own AS. */
  readonly affected: string;
  /** It is a prefix's rule; otherwise an own AS. */
  readonly isPrefix: boolean;
  readonly rule: WatchRule | WatchAs;
  /** 0 when not known. */
  readonly victim: number;
}

/**
 * Whom a VRP concerns: a rule on its prefix, then a rule on a prefix it covers, which it makes valid or invalid just as
 * well, then an own AS it names. Null when nobody, or nobody who asks for the `roa` monitor.
 */
export function roaOwner(
  { prefix, asn }: Pick<ListedVrp, 'prefix' | 'asn'>,
  index: WatchIndex,
): RoaOwner | null {
  const { isV6, bits, words } = prefix;
  if (index.mayOverlap(isV6, bits, words, 0)) {
    const match = index.match(prefix);
    const rule = rulesFor(match, 'roa').find(({ isIgnored }) => !isIgnored);
    if (rule) {
      const { configured } = match!;
      return ofRule(formatPrefix(configured.isV6, configured.bits, configured.words), rule);
    }
    const inside = match ? undefined : index.within(prefix).find((entry) => isAsked(entry.rule));
    if (inside) return ofRule(inside.prefix.text, inside.rule);
  }
  const own = index.asByNumber.get(asn);
  if (!own?.monitors.includes('roa')) return null;
  return { affected: String(own.asn), isPrefix: false, rule: own, victim: own.asn };
}

/** Whether anybody on the list asks for the `roa` monitor. */
export function asksForRoas({ list }: WatchIndex): boolean {
  return list.rules.some(isAsked) || list.ases.some(({ monitors }) => monitors.includes('roa'));
}

function isAsked({ monitors, isIgnored }: WatchRule): boolean {
  return monitors.includes('roa') && !isIgnored;
}

function ofRule(affected: string, rule: WatchRule): RoaOwner {
  return { affected, isPrefix: true, rule, victim: firstAsn(rule.origins) };
}

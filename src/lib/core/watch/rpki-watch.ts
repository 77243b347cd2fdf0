import { formatAsn } from '../elem/asn.ts';
import { formatPrefix } from '../prefix/prefix.ts';
import type { Finding } from './alert-desk.ts';
import type { Announced, Rov } from './monitors.ts';
import { baseOf, rulesFor } from './monitors.ts';
import type { WatchIndex } from './watch-index.ts';
import { originMembers } from './watch-path.ts';

/** A route seen valid within this time before it was found uncovered has lost its ROA (BGPalerter: 7 days). */
const SEEN_VALID_US = 7 * 86_400e6;
/** Routes remembered as valid; the one refreshed longest ago goes first. */
const MAX_SEEN_VALID = 100_000;

/**
 * `rpki`: announcements of watched prefixes, or by own ASes, that are RPKI invalid, or not covered any more. Silent where the
 * verdict is unknown. AS_SET origins are passed over, as in BGPalerter.
 */
export class RpkiWatch {
  readonly #rov: Rov;
  readonly #isUncoveredBad: boolean;
  readonly #seenValidUs = new Map<string, number>();

  /** `checkUncovered`: also alert on routes that were never covered. */
  constructor(rov: Rov, checkUncovered = false) {
    this.#rov = rov;
    this.#isUncoveredBad = checkUncovered;
  }

  check(elem: Announced, index: WatchIndex, add: (finding: Finding) => void): void {
    const origins = originMembers(elem.path);
    const origin = origins[0];
    if (origin === undefined || origins.length > 1) return;
    const byPrefix = rulesFor(elem.match, 'rpki').find((rule) => !rule.isIgnored);
    const byAs = index.asByNumber.get(origin);
    const rule = byPrefix ?? (byAs?.monitors.includes('rpki') ? byAs : undefined);
    if (!rule) return;
    const prefix = formatPrefix(elem.key.isV6, elem.key.bits, elem.key.words);
    const { state, vrps } = this.#rov(prefix, origin);
    const route = `a${prefix.replace(/[.:/]/g, '_')}-${origin}`;
    if (state === 'valid') return this.#remember(route, elem.timeUs);
    const problem = state === 'unknown' ? null : this.#problemOf(state, route, elem.timeUs);
    if (problem === null) return;
    const covering = vrps
      .map((vrp) => `${vrp.prefix} up to /${vrp.maxLength} for ${formatAsn(vrp.asn)}`)
      .slice(0, 8);
    add({
      ...baseOf(elem, 'rpki', rule, index),
      id: `${route}-${state === 'invalid' ? 'false' : 'null'}`,
      affected: prefix,
      culprit: state === 'invalid' ? origin : 0,
      victim: 'asn' in rule ? rule.asn : 0,
      summary: `${prefix} announced by ${formatAsn(origin)} ${problem}${covering.length > 0 ? `: ${covering.join(', ')}` : ''}`,
    });
  }

  #problemOf(state: 'invalid' | 'not-found', route: string, timeUs: number): string | null {
    if (state === 'invalid') return 'is not RPKI valid';
    const seenUs = this.#seenValidUs.get(route);
    if (seenUs !== undefined && timeUs - seenUs <= SEEN_VALID_US) return 'is no longer covered by a ROA';
    return this.#isUncoveredBad ? 'is not covered by a ROA' : null;
  }

  #remember(route: string, timeUs: number): void {
    this.#seenValidUs.delete(route);
    this.#seenValidUs.set(route, timeUs);
    if (this.#seenValidUs.size > MAX_SEEN_VALID)
      this.#seenValidUs.delete(this.#seenValidUs.keys().next().value!);
  }
}

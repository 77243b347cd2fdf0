import type { PrefixKey } from '#core/prefix/prefix.ts';
import { maskWord, tryParsePrefix } from '#core/prefix/prefix.ts';
import type { WatchList } from '#core/watch/watch-list.ts';
import type { IncidentRow } from '../../../workers/api.ts';

/** Whether `a` covers `b` or is the same. */
export function covers(a: PrefixKey, b: PrefixKey): boolean {
  if (a.isV6 !== b.isV6 || a.bits > b.bits) return false;
  for (let word = 0, bits = a.bits; bits > 0; word++, bits -= 32) {
    if (((a.words[word]! ^ b.words[word]!) & maskWord(bits)) !== 0) return false;
  }
  return true;
}

/**
 * Whether an incident is about a watch list: one of its prefixes is watched, inside or around a watched one, or one of the
 * watched AS numbers has a part in it.
 */
export function isWatched(
  list: Pick<WatchList, 'rules' | 'ases'>,
  incident: Pick<IncidentRow, 'prefixes' | 'victims' | 'culprits'>,
): boolean {
  const asns = [...incident.victims, ...incident.culprits];
  if (list.ases.some(({ asn }) => asns.includes(asn))) return true;
  const keys = incident.prefixes.flatMap((text) => tryParsePrefix(text) ?? []);
  return list.rules.some((rule) =>
    rule.prefixes.some(({ key }) => keys.some((other) => covers(key, other) || covers(other, key))),
  );
}

import type { RoutingFacts } from '#core/origin/routing-facts.ts';
import { ORIGIN_FLAG } from '#core/origin/origins.ts';
import { publicOriginOf } from '#core/origin/path-view.ts';
import { formatPath } from '#core/elem/path.ts';
import type { PrefixKey } from '#core/prefix/prefix.ts';
import { formatPrefix, maskWord, tryParsePrefix } from '#core/prefix/prefix.ts';
import type { Rib } from '#core/rib/rib.ts';
import { coveringVrps } from '#core/rpki/vrp-set.ts';
import type { IncidentRow, NeighbourPrefix, OriginReport, PathReport, PrefixReport, Refusal } from './api.ts';
import { neighbourPrefix, vantagesWithRoutes } from './known.ts';
import type { HeldRoute } from './routes.ts';
import { heldRoutes, hopsOf } from './routes.ts';
import type { RpkiStatus } from './rpki-state.ts';

const MAX_PATHS = 100;
const MAX_VANTAGES = 20;
const MAX_COVERED = 100;

/** Where reports look. */
export interface Sources {
  readonly rib: Rib;
  readonly facts: RoutingFacts;
  readonly rpki: RpkiStatus;
  readonly dataTimeUs: number | null;
  /** Incidents of these prefixes. */
  readonly incidentsOf: (accepts: (prefix: string) => boolean) => readonly IncidentRow[];
}

/** What the state holds about a prefix, or about the most specific prefix held that covers an address. */
export function prefixReport(text: string, sources: Sources): PrefixReport | Refusal {
  const asked = tryParsePrefix(text.trim());
  if (!asked) {
    return { ok: false, code: 'PREFIX_BAD', reason: `"${text.slice(0, 64)}" is not a prefix or an address` };
  }
  const { rib, facts, rpki } = sources;
  const covering = coveringKeys(facts, asked);
  const exact = heldRoutes(rib, asked);
  const isAddress = !text.includes('/');
  const key = exact.length === 0 && isAddress ? (covering[0] ?? asked) : asked;
  const routes = key === asked ? exact : heldRoutes(rib, key);
  const all = vantagesWithRoutes(rib);
  const covered = coveredPrefixes(facts, key);
  const prefix = formatPrefix(key.isV6, key.bits, key.words);
  return {
    ok: true,
    prefix,
    isSeen: routes.length > 0,
    dataTimeUs: sources.dataTimeUs,
    vantages: countVantages(routes),
    ofVantages: all.vantages,
    peerAsns: countPeers(routes),
    ofPeerAsns: all.peerAsns,
    origins: originsOf(key, routes, facts, rpki),
    ...pathsOf(routes, rpki),
    vrps: rpki.usable ? coveringVrps(rpki.usable.vrps, key) : null,
    covering: covering
      .filter((one) => one.bits < key.bits)
      .map((one) => neighbourPrefix(facts, idOf(facts, one))),
    covered: covered.list,
    coveredCount: covered.count,
    incidents: sources.incidentsOf((other) => other === prefix),
    rpki: rpki.summary(),
  };
}

function countVantages(routes: readonly HeldRoute[]): number {
  return new Set(routes.map(({ vantage }) => vantage)).size;
}

function countPeers(routes: readonly HeldRoute[]): number {
  return new Set(routes.map(({ vantage }) => vantage.peerAsn)).size;
}

function idOf(facts: RoutingFacts, { isV6, bits, words }: PrefixKey): number {
  return facts.prefixes.findKey((isV6 ? 256 : 0) | bits, ...words);
}

/** Prefixes held now that cover the key (itself left out unless held by nobody), most specific first. */
function coveringKeys(facts: RoutingFacts, key: PrefixKey): PrefixKey[] {
  const found: PrefixKey[] = [];
  for (let bits = key.bits - 1; bits > 0; bits--) {
    const words = key.words.map((word, w) => (word & maskWord(bits - w * 32)) >>> 0);
    const cover = { isV6: key.isV6, bits, words: words as unknown as PrefixKey['words'] };
    const id = idOf(facts, cover);
    if (id !== -1 && facts.prefixes.held(id) > 0) found.push(cover);
  }
  return found;
}

/** More-specifics held now, in the order of address and length. Walks everything known: for people, not the hot path. */
function coveredPrefixes(
  facts: RoutingFacts,
  { isV6, bits, words }: PrefixKey,
): { readonly list: NeighbourPrefix[]; readonly count: number } {
  const { prefixes } = facts;
  const ids: number[] = [];
  prefixes.each((id) => {
    if (prefixes.held(id) === 0 || prefixes.bits(id) <= bits || (prefixes.table(id) === 1) !== isV6) return;
    for (let w = 0; w * 32 < bits; w++) {
      if ((prefixes.word(id, w) ^ words[w]!) & maskWord(bits - w * 32)) return;
    }
    ids.push(id);
  });
  ids.sort((a, b) => {
    for (let w = 0; w < 4; w++) {
      if (prefixes.word(a, w) !== prefixes.word(b, w)) return prefixes.word(a, w) - prefixes.word(b, w);
    }
    return prefixes.bits(a) - prefixes.bits(b);
  });
  return { list: ids.slice(0, MAX_COVERED).map((id) => neighbourPrefix(facts, id)), count: ids.length };
}

function originsOf(
  key: PrefixKey,
  routes: readonly HeldRoute[],
  facts: RoutingFacts,
  rpki: RpkiStatus,
): OriginReport[] {
  const byOrigin = new Map<number, HeldRoute[]>();
  for (const route of routes) {
    const origin = publicOriginOf(route.words, 0, route.words.length);
    if (origin > 0) byOrigin.set(origin, [...(byOrigin.get(origin) ?? []), route]);
  }
  const id = idOf(facts, key);
  const reports = [...byOrigin].map(([asn, held]): OriginReport => {
    const entry = id === -1 ? -1 : facts.origins.find(facts.prefixes.head(id), asn);
    const isOld = entry === -1 || (facts.origins.flags(entry) & ORIGIN_FLAG.baseline) !== 0;
    return {
      asn,
      vantages: countVantages(held),
      peerAsns: countPeers(held),
      rov: rpki.route(key, asn),
      sinceS: isOld ? null : facts.origins.firstS(entry),
    };
  });
  return reports.sort((a, b) => b.vantages - a.vantages || a.asn - b.asn);
}

function pathsOf(
  routes: readonly HeldRoute[],
  rpki: RpkiStatus,
): { readonly paths: PathReport[]; readonly pathCount: number } {
  const byText = new Map<string, HeldRoute[]>();
  for (const route of routes) {
    const text = pathText(route.words);
    const held = byText.get(text);
    if (held) held.push(route);
    else byText.set(text, [route]);
  }
  const sorted = [...byText].sort(([a, x], [b, y]) => y.length - x.length || (a < b ? -1 : 1));
  const paths = sorted.slice(0, MAX_PATHS).map(([path, held]): PathReport => {
    const { words } = held[0]!;
    const hops = hopsOf(words);
    return {
      path,
      hops,
      origin: publicOriginOf(words, 0, words.length) || null,
      vantages: held.slice(0, MAX_VANTAGES).map(({ vantage }) => ({ ...vantage })),
      vantageCount: held.length,
      verdicts: rpki.hops(hops),
    };
  });
  return { paths, pathCount: sorted.length };
}

function pathText(words: Uint32Array): string {
  return formatPath({ length: 1, offsets: Uint32Array.of(0, words.length), words }, 0);
}

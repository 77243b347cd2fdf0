import type { RoutingFacts } from '#core/origin/routing-facts.ts';
import { LINK_FLAG } from '#core/origin/as-graph.ts';
import { checkHop } from '#core/rpki/aspa.ts';
import { aspaAt, eachAspa, findAspa } from '#core/rpki/aspa-set.ts';
import type { AspaSet } from '#core/rpki/aspa-set.ts';
import type { AsReport, IncidentRow, NeighbourAs, Refusal } from './api.ts';
import { neighbourPrefix, prefixKeyOf, vantagesWithRoutes } from './known.ts';
import type { Sources } from './prefix-report.ts';

const MAX_PREFIXES = 200;
const MAX_NEIGHBOURS = 200;

/** What the state and the detectors hold about an AS. */
export function asReport(
  asn: number,
  sources: Omit<Sources, 'incidentsOf'> & { readonly incidentsOf: (asn: number) => readonly IncidentRow[] },
): AsReport | Refusal {
  if (!Number.isInteger(asn) || asn < 0 || asn > 0xffff_ffff) {
    return { ok: false, code: 'ASN_BAD', reason: 'an AS number is between 0 and 4294967295' };
  }
  const { rib, facts, rpki } = sources;
  const aspas = rpki.usable && rpki.usable.aspas.length > 0 ? rpki.usable.aspas : null;
  const held = prefixesOf(facts, asn);
  const links = linksOf(facts, asn, aspas);
  const prefixes = held
    .slice(0, MAX_PREFIXES)
    .map((id) => ({ ...neighbourPrefix(facts, id), rov: rpki.route(prefixKeyOf(facts, id), asn) }));
  return {
    ok: true,
    asn,
    isSeen: facts.graph.findAs(asn) !== -1,
    dataTimeUs: sources.dataTimeUs,
    prefixes,
    prefixCount: held.length,
    upstreams: links.upstreams.slice(0, MAX_NEIGHBOURS),
    upstreamCount: links.upstreams.length,
    downstreams: links.downstreams.slice(0, MAX_NEIGHBOURS),
    downstreamCount: links.downstreams.length,
    vantages: prefixes.reduce((most, { vantages }) => Math.max(most, vantages), 0),
    ofVantages: vantagesWithRoutes(rib).vantages,
    ...attestations(asn, aspas),
    incidents: sources.incidentsOf(asn),
    rpki: rpki.summary(),
  };
}

/** Prefixes some vantage holds with this origin now, most widely held first. Walks everything known. */
function prefixesOf({ prefixes, origins }: RoutingFacts, asn: number): number[] {
  const found: { id: number; held: number }[] = [];
  prefixes.each((id) => {
    if (prefixes.held(id) === 0) return;
    const entry = origins.find(prefixes.head(id), asn);
    if (entry !== -1 && origins.held(entry) > 0) found.push({ id, held: origins.held(entry) });
  });
  return found.sort((a, b) => b.held - a.held || a.id - b.id).map(({ id }) => id);
}

interface Links {
  readonly upstreams: NeighbourAs[];
  readonly downstreams: NeighbourAs[];
}

/** Neighbours on paths, by how many showed the link. Walks all links for the downstream side. */
function linksOf({ graph }: RoutingFacts, asn: number, aspas: AspaSet | null): Links {
  const upstreams: NeighbourAs[] = [];
  const downstreams: NeighbourAs[] = [];
  for (let link = 0; link < graph.links; link++) {
    const isLeft = graph.left(link) === asn;
    if (!isLeft && graph.right(link) !== asn) continue;
    const other = isLeft ? graph.right(link) : graph.left(link);
    // On a path the right AS gave the route to the left one.
    const [from, to] = [graph.right(link), graph.left(link)];
    const isOld = (graph.flags(link) & LINK_FLAG.baseline) !== 0;
    (isLeft ? downstreams : upstreams).push({
      asn: other,
      sinceS: isOld ? null : graph.sinceS(link),
      peerAsns: graph.linkSpread(link),
      up: aspas && checkHop(aspas, from, to),
      down: aspas && checkHop(aspas, to, from),
    });
  }
  const byPeers = (a: NeighbourAs, b: NeighbourAs): number => b.peerAsns - a.peerAsns || a.asn - b.asn;
  return { upstreams: upstreams.sort(byPeers), downstreams: downstreams.sort(byPeers) };
}

function attestations(
  asn: number,
  aspas: AspaSet | null,
): Pick<AsReport, 'attestedProviders' | 'attestedBy'> {
  if (!aspas) return { attestedProviders: null, attestedBy: null };
  const entry = findAspa(aspas, asn);
  const attestedBy: number[] = [];
  for (const { customer, providers } of eachAspa(aspas)) {
    if (providers.includes(asn) && attestedBy.length < MAX_NEIGHBOURS) attestedBy.push(customer);
  }
  return { attestedProviders: entry === -1 ? [] : aspaAt(aspas, entry).providers, attestedBy };
}

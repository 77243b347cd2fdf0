import type { HopCode, RouteVerdict, SampleRoute } from '../../../workers/api.ts';
import type { LayeredEdge, LayeredNode } from '../graph/layered.ts';
import { layoutLayers } from '../graph/layered.ts';

/** An AS in the drawing of an incident. */
export interface GraphNode extends LayeredNode {
  /** Origin validation of the route, where the AS originates it on some path. */
  readonly origin: RouteVerdict | null;
  /** Shows the collector a route. */
  readonly isPeer: boolean;
}

/** A step of some path, with what is held of it. */
export interface GraphEdge extends LayeredEdge {
  readonly isBefore: boolean;
  readonly isAfter: boolean;
  readonly up: HopCode | null;
  readonly down: HopCode | null;
}

export interface PathGraph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  readonly layers: number;
  readonly rows: number;
}

interface Hop {
  isBefore: boolean;
  isAfter: boolean;
  up: HopCode | null;
  down: HopCode | null;
}

/** Sample routes as one layered drawing. */
export function layoutPaths(samples: readonly SampleRoute[]): PathGraph {
  const hops = new Map<string, Hop>();
  for (const sample of samples) addHops(sample, hops);
  const { nodes, edges, layers, rows } = layoutLayers(samples.map(({ path }) => path));
  return {
    nodes: nodes.map((node) => toGraphNode(node, samples)),
    edges: edges.map((edge) => ({ ...edge, ...hops.get(`${edge.near} ${edge.far}`)! })),
    layers,
    rows,
  };
}

function addHops({ path, hops: judged, side }: SampleRoute, hops: Map<string, Hop>): void {
  const verdicts = new Map((judged ?? []).map((hop) => [`${hop.to} ${hop.from}`, hop]));
  path.forEach((asn, i) => {
    const before = path[i - 1];
    if (before === undefined || before === asn) return;
    const key = `${before} ${asn}`;
    let hop = hops.get(key);
    if (!hop) hops.set(key, (hop = { isBefore: false, isAfter: false, up: null, down: null }));
    if (side === 'before') hop.isBefore = true;
    else hop.isAfter = true;
    const verdict = verdicts.get(key);
    if (verdict) [hop.up, hop.down] = [verdict.up, verdict.down];
  });
}

function toGraphNode(node: LayeredNode, samples: readonly SampleRoute[]): GraphNode {
  const asOrigin = samples.filter((sample) => sample.path.at(-1) === node.asn);
  return {
    ...node,
    origin: (asOrigin.find((sample) => sample.side === 'after') ?? asOrigin[0])?.rov ?? null,
    isPeer: samples.some((sample) => sample.path[0] === node.asn),
  };
}

/** At most `limit` samples of each side: every distinct path once first, then the rest, in their order. */
export function pickSamples(samples: readonly SampleRoute[], limit: number): SampleRoute[] {
  return (['before', 'after'] as const).flatMap((side) => {
    const mine = samples.filter((sample) => sample.side === side && sample.path.length > 0);
    const seen = new Set<string>();
    const [first, again]: [SampleRoute[], SampleRoute[]] = [[], []];
    for (const sample of mine) {
      const key = sample.path.join(' ');
      (seen.has(key) ? again : first).push(sample);
      seen.add(key);
    }
    return [...first, ...again].slice(0, limit);
  });
}

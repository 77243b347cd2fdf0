import type { PathHistory } from '../../../workers/api-replay.ts';
import type { Layered, LayeredEdge } from '../graph/layered.ts';
import { layoutLayers } from '../graph/layered.ts';
import type { WalkedRoute } from './path-walk.ts';
import { withoutPrepends } from './path-walk.ts';

/** More ASes than this have no place in one drawing that can be read; then only the routes of the moment are laid out. */
export const MAX_DRAWN_ASES = 90;
/** And of those the paths that most vantages have. */
export const MAX_DRAWN_PATHS = 60;

/** A step between two ASes in the colour of one origin. */
export interface OriginStroke {
  readonly key: string;
  readonly edge: LayeredEdge;
  readonly origin: number;
  /** Routes that take it to this origin. */
  readonly routes: number;
  /** Which of the strokes along this edge, and of how many. */
  readonly side: number;
  readonly sides: number;
}

export interface DrawnRoutes {
  readonly layout: Layered;
  readonly strokes: readonly OriginStroke[];
  /** ASes that a route passes at this moment. */
  readonly active: ReadonlySet<number>;
  readonly peers: ReadonlySet<number>;
  /** Origins now, the one with most routes first. */
  readonly origins: readonly { readonly asn: number; readonly routes: number }[];
  /** Routes that found no room in the drawing; the table has them. */
  readonly leftOut: number;
}

/**
 * Where everything that ever happens to these prefixes stands, so that nothing moves while time does; null when that is too
 * much for one drawing.
 */
export function lastingLayout(history: PathHistory): Layered | null {
  const paths = new Map<string, number[]>();
  const ases = new Set<number>();
  for (const { path } of [...history.initial, ...history.events]) {
    if (!path?.length) continue;
    const plain = withoutPrepends(path);
    paths.set(plain.join(' '), plain);
    for (const asn of plain) ases.add(asn);
    if (ases.size > MAX_DRAWN_ASES) return null;
  }
  return layoutLayers([...paths.values()]);
}

/** The routes of a moment in their layout; with `layout` null they get one of their own. */
export function drawRoutes(routes: readonly WalkedRoute[], layout: Layered | null): DrawnRoutes {
  const paths = new Map<string, { readonly path: number[]; routes: number }>();
  for (const { path } of routes) {
    if (!path?.length) continue;
    const plain = withoutPrepends(path);
    const key = plain.join(' ');
    const known = paths.get(key);
    if (known) known.routes++;
    else paths.set(key, { path: plain, routes: 1 });
  }
  const all = [...paths.values()];
  const drawn = layout ? all : [...all].sort((a, b) => b.routes - a.routes).slice(0, MAX_DRAWN_PATHS);
  const placed = layout ?? layoutLayers(drawn.map(({ path }) => path));
  const origins = new Map<number, number>();
  for (const { path, routes: count } of all) {
    const origin = path.at(-1)!;
    origins.set(origin, (origins.get(origin) ?? 0) + count);
  }
  const held = all.reduce((sum, { routes: count }) => sum + count, 0);
  const shown = drawn.reduce((sum, { routes: count }) => sum + count, 0);
  return {
    layout: placed,
    strokes: strokesOf(drawn, placed),
    active: new Set(drawn.flatMap(({ path }) => path)),
    peers: new Set(drawn.map(({ path }) => path[0]!)),
    origins: [...origins]
      .map(([asn, count]) => ({ asn, routes: count }))
      .sort((a, b) => b.routes - a.routes || a.asn - b.asn),
    leftOut: held - shown,
  };
}

function strokesOf(
  paths: readonly { readonly path: readonly number[]; readonly routes: number }[],
  { edges }: Layered,
): OriginStroke[] {
  const byEdge = new Map<string, Map<number, number>>();
  for (const { path, routes } of paths) {
    const origin = path.at(-1)!;
    for (let i = 1; i < path.length; i++) {
      const key = `${path[i - 1]} ${path[i]}`;
      let origins = byEdge.get(key);
      if (!origins) byEdge.set(key, (origins = new Map<number, number>()));
      origins.set(origin, (origins.get(origin) ?? 0) + routes);
    }
  }
  return edges.flatMap((edge): OriginStroke[] => {
    const name = `${edge.near} ${edge.far}`;
    const origins = [...(byEdge.get(name) ?? [])].sort(([a], [b]) => a - b);
    return origins.map(([origin, routes], side) => ({
      key: `${name} ${origin}`,
      edge,
      origin,
      routes,
      side,
      sides: origins.length,
    }));
  });
}

/**
 * Origins in the order that gives them their colours, the same through the whole history: those of `first` that occur, then
 * the others as they appear.
 */
export function originOrder(history: PathHistory, first: readonly number[] = []): number[] {
  const origins = new Set<number>();
  for (const { path } of [...history.initial, ...history.events]) {
    const origin = path?.at(-1);
    if (origin !== undefined) origins.add(origin);
  }
  const known = first.filter((asn) => origins.has(asn));
  return [...new Set([...known, ...origins])];
}

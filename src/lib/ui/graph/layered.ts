/** An AS in a drawing of paths. Layer 0 is where most vantages are; the origins stand in the last ones. */
export interface LayeredNode {
  readonly asn: number;
  readonly layer: number;
  /** Row within the drawing, in whole rows from 0. */
  readonly row: number;
}

/** A step of some path, from the AS nearer to the collector to the one nearer to the origin. */
export interface LayeredEdge {
  readonly near: number;
  readonly far: number;
  /** Points on the way, (layer, row), from near to far: two, or more where it passes layers between. */
  readonly points: readonly (readonly [layer: number, row: number])[];
}

export interface Layered {
  /** In the order the paths name them. */
  readonly nodes: readonly LayeredNode[];
  readonly edges: readonly LayeredEdge[];
  readonly layers: number;
  readonly rows: number;
}

interface Node {
  readonly key: string;
  readonly asn: number | null;
  layer: number;
  row: number;
  readonly near: Node[];
  readonly far: Node[];
}

interface Edge {
  readonly near: Node;
  readonly far: Node;
  readonly via: Node[];
}

const SWEEPS = 6;

/**
 * Lay out AS paths as one layered drawing: an AS stands as many layers from the end as the longest way from it to an
 * origin has steps (Sugiyama's method: layers, places for edges that pass layers, order by the mean of the neighbours).
 * Deterministic. A step that would close a circle is drawn but does not count for the layers.
 *
 * @param paths nearest AS first, origin last; prepends are one AS
 */
export function layoutLayers(paths: readonly (readonly number[])[]): Layered {
  const nodes = new Map<number, Node>();
  const edges = new Map<string, Edge>();
  for (const path of paths) addPath(path, nodes, edges);
  const all = [...nodes.values()];
  assignLayers(all, [...edges.values()]);
  const layers = 1 + all.reduce((most, node) => Math.max(most, node.layer), 0);
  const columns: Node[][] = Array.from({ length: layers }, () => []);
  for (const node of all) columns[node.layer]!.push(node);
  for (const edge of edges.values()) routeEdge(edge, columns);
  orderRows(columns);
  const rows = columns.reduce((most, column) => Math.max(most, ...column.map((node) => node.row + 1)), 0);
  return {
    nodes: all.map(({ asn, layer, row }) => ({ asn: asn!, layer: layers - 1 - layer, row })),
    edges: [...edges.values()].map(({ near, far, via }) => ({
      near: near.asn!,
      far: far.asn!,
      points: [near, ...via, far].map((node) => [layers - 1 - node.layer, node.row] as const),
    })),
    layers,
    rows,
  };
}

function addPath(path: readonly number[], nodes: Map<number, Node>, edges: Map<string, Edge>): void {
  const nodeOf = (asn: number): Node => {
    let node = nodes.get(asn);
    if (!node) nodes.set(asn, (node = { key: String(asn), asn, layer: 0, row: 0, near: [], far: [] }));
    return node;
  };
  path.forEach((asn, i) => {
    const far = nodeOf(asn);
    const before = path[i - 1];
    if (before === undefined || before === asn) return;
    const key = `${before} ${asn}`;
    if (!edges.has(key)) edges.set(key, { near: nodeOf(before), far, via: [] });
  });
}

/** Layer = steps of the longest way to an end, counted from the end; 0 at the origins. */
function assignLayers(nodes: readonly Node[], edges: readonly Edge[]): void {
  const reaches = (from: Node, to: Node): boolean => {
    const seen = new Set<Node>([from]);
    const open = [from];
    for (let node = open.pop(); node; node = open.pop()) {
      if (node === to) return true;
      for (const next of node.far) {
        if (!seen.has(next)) open.push(next);
        seen.add(next);
      }
    }
    return false;
  };
  for (const edge of edges) {
    if (reaches(edge.far, edge.near)) continue;
    edge.near.far.push(edge.far);
    edge.far.near.push(edge.near);
  }
  const depth = new Map<Node, number>();
  const depthOf = (node: Node): number => {
    let found = depth.get(node);
    if (found === undefined) {
      found = node.far.reduce((most, next) => Math.max(most, depthOf(next) + 1), 0);
      depth.set(node, found);
    }
    return found;
  };
  for (const node of nodes) node.layer = depthOf(node);
}

/** Give an edge that passes layers a place in each, so that it does not run over other ASes. */
function routeEdge(edge: Edge, columns: Node[][]): void {
  const { near, far } = edge;
  if (near.layer - far.layer < 2) return;
  drop(near.far, far);
  drop(far.near, near);
  let last = near;
  for (let layer = near.layer - 1; layer > far.layer; layer--) {
    const place: Node = {
      key: `${near.key} ${far.key} ${layer}`,
      asn: null,
      layer,
      row: 0,
      near: [last],
      far: [],
    };
    last.far.push(place);
    columns[layer]!.push(place);
    edge.via.push(place);
    last = place;
  }
  last.far.push(far);
  far.near.push(last);
}

function drop(list: Node[], node: Node): void {
  const at = list.indexOf(node);
  if (at !== -1) list.splice(at, 1);
}

/** Order each column by the mean row of its neighbours, a few times to and fro, then centre the columns. */
function orderRows(columns: readonly Node[][]): void {
  for (const column of columns) {
    column.sort((a, b) => Number(a.asn ?? 0) - Number(b.asn ?? 0) || (a.key < b.key ? -1 : 1));
    column.forEach((node, i) => (node.row = i));
  }
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const isForth = sweep % 2 === 0;
    for (const column of isForth ? columns : [...columns].reverse()) {
      const wish = new Map(column.map((node) => [node, meanRow(isForth ? node.far : node.near) ?? node.row]));
      column.sort((a, b) => wish.get(a)! - wish.get(b)! || a.row - b.row);
      column.forEach((node, i) => (node.row = i));
    }
  }
  const tallest = columns.reduce((most, column) => Math.max(most, column.length), 0);
  for (const column of columns) {
    const step = column.length === 0 ? 1 : tallest / column.length;
    column.forEach((node, i) => (node.row = (i + 0.5) * step - 0.5));
  }
}

function meanRow(nodes: readonly Node[]): number | null {
  return nodes.length === 0 ? null : nodes.reduce((sum, node) => sum + node.row, 0) / nodes.length;
}

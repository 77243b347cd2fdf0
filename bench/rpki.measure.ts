/** The part of the RPKI benchmark that runs in Node and in a browser worker alike. */
import { formatPrefix, maskWord } from '../src/lib/core/prefix/prefix.ts';
import { verifyDownstream } from '../src/lib/core/rpki/aspa.ts';
import type { Aspa } from '../src/lib/core/rpki/aspa-set.ts';
import { aspaSetOf } from '../src/lib/core/rpki/aspa-set.ts';
import { advance, decodeCompact } from '../src/lib/core/rpki/compact.ts';
import type { RpkiData } from '../src/lib/core/rpki/data.ts';
import { ROV, validateOrigin } from '../src/lib/core/rpki/rov.ts';
import { eachVrp } from '../src/lib/core/rpki/vrp-set.ts';
import type { VrpTable } from '../src/lib/core/rpki/vrp-table.ts';

export interface RpkiFigures {
  readonly decodeMs: number;
  readonly deltaMs: number;
  readonly routes: number;
  readonly rovMs: number;
  readonly paths: number;
  readonly aspaMs: number;
  /** Sum of all verdict codes: the same wherever it is computed. */
  readonly sum: number;
}

const ROUTES = 1_000_000;
const CHECKED = 100_000;
const PATHS = 500_000;
/** Twice the ASPAs there were in September 2026. */
const ASPAS = 6000;

interface Routes {
  readonly isV6: Uint8Array;
  readonly bits: Uint8Array;
  readonly words: Uint32Array;
  readonly origin: Uint32Array;
}

function randoms(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Routes at, below and above the prefixes of VRPs, two in three with the AS the VRP names. */
function makeRoutes({ vrps }: RpkiData, count: number): Routes {
  const next = randoms(7);
  const routes = {
    isV6: new Uint8Array(count),
    bits: new Uint8Array(count),
    words: new Uint32Array(count * 4),
    origin: new Uint32Array(count),
  };
  for (let i = 0; i < count; i++) {
    const table: VrpTable = next(5) === 0 ? vrps.v6 : vrps.v4;
    const group = next(table.groups);
    const bits = Math.max(0, Math.min(table.isV6 ? 128 : 32, table.bits[group]! + next(6) - 1));
    routes.isV6[i] = table.isV6 ? 1 : 0;
    routes.bits[i] = bits;
    for (let w = 0; w < (table.isV6 ? 4 : 1); w++) {
      const word = w === 0 ? table.head[group]! : table.tail[group * 3 + w - 1]!;
      routes.words[i * 4 + w] = word & maskWord(bits - w * 32);
    }
    routes.origin[i] = next(3) === 0 ? next(400_000) : table.asn[table.start[group]!]!;
  }
  return routes;
}

/** Compare verdicts with a map per prefix length. @returns how many were compared */
export function checkRoutes(data: RpkiData): number {
  const naive = new Map<string, { maxLength: number; asn: number }[]>();
  for (const { prefix, maxLength, asn } of eachVrp(data.vrps)) {
    const list = naive.get(prefix);
    if (list) list.push({ maxLength, asn });
    else naive.set(prefix, [{ maxLength, asn }]);
  }
  const { isV6, bits, words, origin } = makeRoutes(data, CHECKED);
  for (let i = 0; i < CHECKED; i++) {
    const covering = [];
    for (let length = bits[i]!; length >= 0; length--) {
      const masked = [0, 1, 2, 3].map((w) => (words[i * 4 + w]! & maskWord(length - w * 32)) >>> 0);
      covering.push(...(naive.get(formatPrefix(isV6[i] === 1, length, masked)) ?? []));
    }
    const long = covering.filter(({ maxLength }) => maxLength >= bits[i]!);
    const isValid = long.some(({ asn }) => asn === origin[i] && asn !== 0);
    const want =
      covering.length === 0
        ? ROV.notFound
        : isValid
          ? ROV.valid
          : long.length > 0
            ? ROV.invalidAs
            : ROV.invalidLength;
    const got = validateOrigin(data.vrps, isV6[i] === 1, bits[i]!, words, i * 4, origin[i]!);
    if (got !== want) throw new Error(`route ${i}: ${got}, not ${want}`);
  }
  return CHECKED;
}

function makeAspas(): Aspa[] {
  const next = randoms(11);
  return Array.from({ length: ASPAS }, (_, customer) => ({
    customer: customer + 1,
    providers: Array.from({ length: 1 + next(6) }, () => 1 + next(ASPAS)),
  }));
}

/** The best of some rounds, ms. */
function best(rounds: number, work: () => void): number {
  let least = Infinity;
  for (let round = 0; round < rounds; round++) {
    const startMs = performance.now();
    work();
    least = Math.min(least, performance.now() - startMs);
  }
  return least;
}

export function measureCompact(snapshot: Uint8Array, delta: Uint8Array, rounds: number): RpkiFigures {
  let data: RpkiData | null = null;
  const decodeMs = best(rounds, () => {
    const compact = decodeCompact(snapshot);
    if (compact.kind === 'snapshot') data = compact.data;
  });
  const loaded = data!;
  const deltaMs = best(rounds, () => {
    const compact = decodeCompact(delta);
    if (compact.kind !== 'delta' || advance(loaded, compact).misfits > 0)
      throw new Error('the delta does not fit');
  });
  const { isV6, bits, words, origin } = makeRoutes(loaded, ROUTES);
  let sum = 0;
  const rovMs = best(rounds, () => {
    sum = 0;
    for (let i = 0; i < ROUTES; i++) {
      sum += validateOrigin(loaded.vrps, isV6[i] === 1, bits[i]!, words, i * 4, origin[i]!);
    }
  });
  const aspas = aspaSetOf(makeAspas());
  const next = randoms(13);
  const paths = Array.from({ length: 5000 }, () =>
    Array.from({ length: 3 + next(5) }, () => 1 + next(ASPAS * 2)),
  );
  let aspaSum = 0;
  const aspaMs = best(rounds, () => {
    aspaSum = 0;
    for (let i = 0; i < PATHS; i++) aspaSum += verifyDownstream(aspas, paths[i % paths.length]!);
  });
  return { decodeMs, deltaMs, routes: ROUTES, rovMs, paths: PATHS, aspaMs, sum: sum + aspaSum };
}

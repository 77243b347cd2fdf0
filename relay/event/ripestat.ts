import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { ElemBatch } from '#core/elem/batch.ts';
import { NONE } from '#core/elem/batch.ts';
import { BatchBuilder } from '#core/elem/builder.ts';
import { JsonlDecoder } from '#core/elem/jsonl.ts';
import { elemRow } from '#core/elem/row.ts';
import { BgpError } from '#core/error.ts';
import { tryParsePrefix } from '#core/prefix/prefix.ts';
import type { EventBaseline } from './baseline.ts';
import type { EventWindow } from './window.ts';

/** One route of RIPEstat's bgp-state: `source_id` is the RIS collector's number and the peer's address. */
interface StateRoute {
  readonly collector: string;
  readonly peer: string;
  readonly prefix: string;
  readonly path: readonly number[];
}

interface StateDocument {
  readonly timeUs: number;
  readonly routes: readonly StateRoute[];
}

const MAX_BYTES = 256 * 1024 * 1024;

/**
 * The state at the beginning of the window, out of RIPEstat bgp-state documents of a later moment inside it: a route that was
 * there then, and that its peer had said nothing about since the beginning, was there at the beginning. All others are left
 * out, for what came before them is not known.
 * @throws {BgpError} FILE_UNREADABLE, FILE_DAMAGED, JSONL_BAD_LINE
 */
export async function readStateBaseline(
  window: EventWindow,
  paths: readonly string[],
): Promise<EventBaseline> {
  const lines: string[] = [];
  const prefixes = new Set<string>();
  const hash = createHash('sha256');
  for (const path of paths) {
    const bytes = await readFile(path);
    hash.update(createHash('sha256').update(bytes).digest());
    const { timeUs, routes } = parseState(path, bytes);
    const heard = heardBefore(window.batches, timeUs);
    for (const { collector, peer, prefix, path: asPath } of routes) {
      if (heard.spoke.has(`${collector} ${peer} ${prefix}`)) continue;
      const peer_asn = heard.peerAsns.get(`${collector} ${peer}`) ?? asPath[0];
      prefixes.add(prefix);
      const ts = window.fromUs / 1e6;
      lines.push(JSON.stringify({ ts, type: 'R', collector, peer, prefix, path: asPath, peer_asn }));
    }
  }
  const builder = new BatchBuilder(Math.max(1, lines.length));
  const decoder = new JsonlDecoder(builder);
  for (const line of lines.sort()) decoder.decode(line);
  return {
    batch: builder.take(),
    facts: {
      rule:
        'routes of a later state (RIPEstat bgp-state) that their peers had said nothing about since the window began: ' +
        'those were there from the beginning',
      routes: lines.length,
      prefixes: prefixes.size,
      files: paths.length,
      firstFile: basename(paths[0]!),
      lastFile: basename(paths.at(-1)!),
      sha256: hash.digest('hex'),
    },
  };
}

/** What was said up to `timeUs`: collector, peer and prefix; and the ASN each peer goes by. */
function heardBefore(
  batches: readonly ElemBatch[],
  timeUs: number,
): { readonly spoke: ReadonlySet<string>; readonly peerAsns: ReadonlyMap<string, number> } {
  const spoke = new Set<string>();
  const peerAsns = new Map<string, number>();
  for (const batch of batches) {
    for (let i = 0; i < batch.length; i++) {
      const { collector, peerAddress, peerAsn, prefix } = elemRow(batch, i);
      if (peerAsn !== 0) peerAsns.set(`${collector} ${peerAddress}`, peerAsn);
      if (batch.prefix[i] !== NONE && batch.timeUs[i]! <= timeUs)
        spoke.add(`${collector} ${peerAddress} ${prefix!}`);
    }
  }
  return { spoke, peerAsns };
}

function parseState(path: string, bytes: Buffer): StateDocument {
  const data = objectOf(objectOf(parseJson(path, bytes))?.['data']);
  const timeMs = typeof data?.['timestamp'] === 'string' ? Date.parse(`${data['timestamp']}Z`) : Number.NaN;
  const rows = data?.['bgp_state'];
  if (Number.isNaN(timeMs) || !Array.isArray(rows))
    throw new BgpError('JSONL_BAD_LINE', `${path} is no RIPEstat bgp-state`);
  const routes: StateRoute[] = [];
  for (const row of rows as unknown[]) {
    const route = routeOf(objectOf(row));
    if (!route) throw new BgpError('JSONL_BAD_LINE', `${path}: a route is malformed`);
    routes.push(route);
  }
  return { timeUs: timeMs * 1000, routes };
}

function routeOf(row: Readonly<Record<string, unknown>> | null): StateRoute | null {
  const source = /^(\d\d)-([0-9a-fA-F:.]+)$/.exec(String(row?.['source_id']));
  const { target_prefix: prefix, path } = row ?? {};
  const isPath = Array.isArray(path) && path.length > 0 && path.every((asn) => Number.isInteger(asn));
  if (!source || typeof prefix !== 'string' || !tryParsePrefix(prefix) || !isPath) return null;
  return { collector: `rrc${source[1]!}`, peer: source[2]!, prefix, path: path as number[] };
}

function parseJson(path: string, bytes: Buffer): unknown {
  try {
    const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
    return JSON.parse((isGzip ? gunzipSync(bytes, { maxOutputLength: MAX_BYTES }) : bytes).toString('utf8'));
  } catch (cause) {
    throw new BgpError('FILE_DAMAGED', `${path}: ${String(cause)}`, { cause });
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
}

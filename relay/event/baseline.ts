import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { ElemBatch } from '#core/elem/batch.ts';
import { ELEM_FLAG, KIND, ORIGIN, TABLE } from '#core/elem/batch.ts';
import { BatchBuilder } from '#core/elem/builder.ts';
import type { BaselineFacts } from '#core/event/recording.ts';
import { maskWord } from '#core/prefix/prefix.ts';
import type { PrefixKey } from '#core/prefix/prefix.ts';
import { tryParseAddress } from '#core/prefix/address.ts';
import { Rib } from '#core/rib/rib.ts';
import { selectElems } from '../detect/session.ts';
import type { CollectorFiles } from './inputs.ts';
import { fileFacts } from './inputs.ts';
import { mergeByTime } from './merge.ts';
import type { EventWindow } from './window.ts';
import { inOrder } from './window.ts';

/** What an event's window began with. */
export interface EventBaseline {
  /** Table entries (`KIND.rib`) at the beginning of the window; one batch. */
  readonly batch: ElemBatch;
  readonly facts: BaselineFacts;
}

const BATCH_ELEMS = 10_000;
const RIB_BUDGET_BYTES = 1024 * 1024 * 1024;

interface Route {
  readonly vantage: number;
  readonly words: Uint32Array;
}

/**
 * What was announced before the window began, for its prefixes and those that cover them: the state that the archive files
 * before it lead to, paths only. Null when there are no earlier files.
 * @param tables files (elem JSONL) whose table entries of the same collectors are taken in at their time, as far as they are
 * of before the window
 */
export async function readBaseline(
  window: EventWindow,
  inputs: readonly CollectorFiles[],
  tables: readonly string[] = [],
): Promise<EventBaseline | null> {
  const paths = [...inputs.flatMap(({ before }) => before.map(({ path }) => path)), ...tables];
  if (paths.length === 0) return null;
  const rib = newRib();
  for (const files of inputs) {
    const streams = [earlier(files, window.fromUs), entries(tables, files.collector, window.fromUs)];
    for await (const batch of mergeByTime(streams, BATCH_ELEMS)) rib.step(batch);
  }
  const hash = createHash('sha256');
  for (const path of paths) hash.update(Buffer.from((await fileFacts(path)).sha256, 'hex'));
  const rule =
    tables.length === 0
      ? ''
      : `, with the table entries of ${tables.map((path) => basename(path)).join(', ')}`;
  return baselineOf(rib, window, {
    rule: `what the archive files before${rule} lead to`,
    files: paths.length,
    firstFile: basename(paths[0]!),
    lastFile: basename(paths.at(-1)!),
    sha256: hash.digest('hex'),
  });
}

/** A routing table large enough for a collector's whole one. */
export function newRib(): Rib {
  return new Rib({ budgetBytes: RIB_BUDGET_BYTES });
}

/** What `rib` holds of the window's prefixes and of those that cover them. */
export function baselineOf(
  rib: Rib,
  window: EventWindow,
  source: Omit<BaselineFacts, 'routes' | 'prefixes'>,
): EventBaseline {
  const { batch, routes, prefixes } = tableOf(rib, windowPrefixes(window), window.fromUs);
  const rule =
    `${source.rule}, for the prefixes of the window and those that cover them: ` +
    'every route of every vantage, paths only';
  return { batch, facts: { ...source, rule, routes, prefixes } };
}

/** What a collector's files say of the time before the window; a table dump says it whole, however long it took to write. */
async function* earlier(
  { collector, before, window }: CollectorFiles,
  fromUs: number,
): AsyncGenerator<ElemBatch> {
  for (const file of [...before, ...window.slice(0, 1)]) {
    for await (const batch of inOrder([file.path], collector)) {
      const isTable = file.kind === 'table';
      const part = isTable ? batch : selectElems(batch, (i) => batch.timeUs[i]! < fromUs);
      if (!part) break;
      yield part;
    }
  }
}

/** The table entries of `collector` in the files `paths`, of before the window. */
async function* entries(
  paths: readonly string[],
  collector: string,
  fromUs: number,
): AsyncGenerator<ElemBatch> {
  for await (const batch of inOrder(paths, undefined)) {
    const isOurs = (i: number): boolean =>
      batch.collectors[batch.vantages.collector[batch.vantage[i]!]!] === collector;
    const part = selectElems(
      batch,
      (i) => batch.kind[i] === KIND.rib && batch.timeUs[i]! < fromUs && isOurs(i),
    );
    if (part) yield part;
  }
}

/** Every IP prefix of the window and every shorter one that covers it, as keys by text. */
export function windowPrefixes({ batches }: EventWindow): Map<string, PrefixKey> {
  const keys = new Map<string, PrefixKey>();
  for (const { prefixes } of batches) {
    for (let i = 0; i < prefixes.length; i++) {
      if (prefixes.table[i]! > TABLE.ipv6) continue;
      const isV6 = prefixes.table[i] === TABLE.ipv6;
      for (let bits = prefixes.bits[i]!; bits >= 8; bits--) {
        const word = (w: number): number => (prefixes.words[i * 4 + w]! & maskWord(bits - w * 32)) >>> 0;
        const key: PrefixKey = { isV6, bits, words: [word(0), word(1), word(2), word(3)] };
        const text = `${isV6 ? 6 : 4} ${key.words.join(' ')} ${bits}`;
        if (keys.has(text)) break;
        keys.set(text, key);
      }
    }
  }
  return keys;
}

function tableOf(
  rib: Rib,
  keys: ReadonlyMap<string, PrefixKey>,
  timeUs: number,
): { readonly batch: ElemBatch; readonly routes: number; readonly prefixes: number } {
  const entries: { readonly key: PrefixKey; readonly route: Route }[] = [];
  let prefixes = 0;
  for (const key of keys.values()) {
    const chosen = routesTo(rib, key);
    if (chosen.length > 0) prefixes++;
    for (const route of chosen) entries.push({ key, route });
  }
  entries.sort(
    (a, b) =>
      a.route.vantage - b.route.vantage ||
      compareWords(a.route.words, b.route.words) ||
      compareKeys(a.key, b.key),
  );
  const builder = new BatchBuilder(Math.max(1, entries.length));
  for (const { key, route } of entries) pushEntry(builder, rib, key, route, timeUs);
  return { batch: builder.take(), routes: entries.length, prefixes };
}

/** Every route to `key`. */
function routesTo(rib: Rib, key: PrefixKey): Route[] {
  const routes: Route[] = [];
  rib.eachPath(key, (vantage, words) => {
    if (words.length > 0) routes.push({ vantage, words: words.slice() });
  });
  return routes;
}

function compareWords(a: Uint32Array, b: Uint32Array): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

function compareKeys(a: PrefixKey, b: PrefixKey): number {
  for (let w = 0; w < 4; w++) if (a.words[w] !== b.words[w]) return a.words[w]! - b.words[w]!;
  return a.bits - b.bits;
}

function pushEntry(
  builder: BatchBuilder,
  rib: Rib,
  key: PrefixKey,
  { vantage, words }: Route,
  timeUs: number,
): void {
  const { collector, peerAddress, peerAsn } = rib.vantages.name(vantage);
  const address = tryParseAddress(peerAddress);
  const peer = address ? builder.addresses.intern(address.isV6, ...address.words) : 0;
  const attrs = builder.attrSets.intern({
    ...{ flags: 0, origin: ORIGIN.none, nextHop: 0, med: 0, localPref: 0, otc: 0 },
    ...{ aggregatorAsn: 0, aggregatorAddress: 0, communities: 0, extCommunities: 0, largeCommunities: 0 },
    path: builder.paths.intern(words, 0, words.length),
  });
  const prefix = builder.prefixes.internVpn(key.isV6 ? TABLE.ipv6 : TABLE.ipv4, key.bits, ...key.words, 0, 0);
  builder.push(
    KIND.rib,
    ELEM_FLAG.first,
    timeUs,
    builder.vantages.intern(collector, peer, peerAsn),
    prefix,
    attrs,
    0,
    0,
  );
}

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ElemBatch } from '#core/elem/batch.ts';
import { ELEM_FLAG, KIND, ORIGIN, TABLE } from '#core/elem/batch.ts';
import { BatchBuilder } from '#core/elem/builder.ts';
import { maskWord } from '#core/prefix/prefix.ts';
import type { PrefixKey } from '#core/prefix/prefix.ts';
import { tryParseAddress } from '#core/prefix/address.ts';
import { Rib } from '#core/rib/rib.ts';
import { openElemFile } from '../source/file.ts';
import type { EventDefinition } from './catalogue.ts';
import type { BaselineFacts } from './manifest.ts';
import type { EventWindow } from './window.ts';

/** What an event's window began with. */
export interface EventBaseline {
  /** Table entries (`KIND.rib`) at the beginning of the window; one batch. */
  readonly batch: ElemBatch;
  readonly facts: BaselineFacts;
}

/** Routes kept for a prefix, each of another peer ASN: two make a link that more than one has seen. */
const ROUTES_PER_PREFIX = 2;
const RIB_BUDGET_BYTES = 1024 * 1024 * 1024;

interface Route {
  readonly vantage: number;
  readonly words: Uint32Array;
}

/**
 * What was announced before `event` began, for the prefixes of its window and those that cover them: the state that the
 * archive files before it lead to, thinned to two routes a prefix. Null when there are no earlier files in `folder`.
 */
export async function readBaseline(
  event: EventDefinition,
  window: EventWindow,
  folder: string,
): Promise<EventBaseline | null> {
  if (event.baselineFrom === undefined) return null;
  const names = await earlierFiles(event, folder);
  if (names.length === 0) return null;
  const fromUs = Date.parse(event.from) * 1000;
  const rib = new Rib({ budgetBytes: RIB_BUDGET_BYTES });
  const hash = createHash('sha256');
  for (const name of [...names, event.source.files[0]!]) {
    const path = join(folder, name);
    if (name !== event.source.files[0])
      hash.update(
        createHash('sha256')
          .update(await readFile(path))
          .digest(),
      );
    const file = openElemFile(path, { collector: event.collector, batchElems: 10_000 });
    for await (const batch of file.batches) {
      if (batch.timeUs[0]! >= fromUs) break;
      rib.step(batch);
    }
    if (file.stats.damage.total > 0) throw new Error(`${name}: ${file.stats.damage.total} damaged records`);
  }
  const { batch, routes, prefixes } = tableOf(rib, windowPrefixes(window), fromUs);
  return {
    batch,
    facts: {
      rule:
        `what the archive files before lead to, for the prefixes of the window and those that cover them: ` +
        `${ROUTES_PER_PREFIX} routes a prefix, of peers that have most to say, paths only`,
      routes,
      prefixes,
      files: names.length,
      firstFile: names[0]!,
      lastFile: names.at(-1)!,
      sha256: hash.digest('hex'),
    },
  };
}

/** Names of the archive files from the beginning of the baseline on and before those of the window, in order. */
async function earlierFiles(event: EventDefinition, folder: string): Promise<string[]> {
  const first = `updates.${event.baselineFrom!}`;
  const names = (await readdir(folder)).filter((name) => /^updates\.\d{8}\.\d{4}\.bz2$/.test(name));
  return names.filter((name) => name >= first && name < event.source.files[0]!).sort();
}

/** Every IP prefix of the window and every shorter one that covers it, as keys by text. */
function windowPrefixes({ batches }: EventWindow): Map<string, PrefixKey> {
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
    const chosen = chooseRoutes(rib, key);
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

/** The routes of the peers with the most routes, each peer ASN once. */
function chooseRoutes(rib: Rib, key: PrefixKey): Route[] {
  const routes: Route[] = [];
  rib.eachPath(key, (vantage, words) => {
    if (words.length > 0) routes.push({ vantage, words: words.slice() });
  });
  routes.sort((a, b) => rib.vantageRoutes(b.vantage) - rib.vantageRoutes(a.vantage) || a.vantage - b.vantage);
  const peers = new Set<number>();
  const chosen: Route[] = [];
  for (const route of routes) {
    const { peerAsn } = rib.vantages.name(route.vantage);
    if (peers.has(peerAsn)) continue;
    peers.add(peerAsn);
    chosen.push(route);
    if (chosen.length === ROUTES_PER_PREFIX) break;
  }
  return chosen;
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

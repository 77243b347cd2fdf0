import { SEGMENT } from '../elem/batch.ts';

/** Most words an AS path of one message can take: two-octet ASNs in 65,535 bytes, and a header word per segment. */
export const MAX_PATH_WORDS = 65536;

/** The highest header word, `type << 8 | count`. */
const MAX_HEADER = (SEGMENT.confedSet << 8) | 0xff;

/**
 * Decode AS_PATH or AS4_PATH segments (RFC 4271 §4.3), `view[at .. end)`, into `words`, from index `to` on, as `type << 8 | count` and `count`
 * ASNs each. There are never more words than half the octets.
 * @returns the number of words, or -1 if malformed by RFC 7606 §7.2: unknown segment type, a segment past the end, a
 * single octet left over, or a segment of no ASNs.
 */
export function decodePath(
  view: DataView,
  at: number,
  end: number,
  as4: boolean,
  words: Uint32Array,
  to: number,
): number {
  const start = to;
  while (at < end) {
    if (end - at < 2) return -1;
    const header = view.getUint16(at);
    const count = header & 0xff;
    at += 2;
    if (header < SEGMENT.set << 8 || header > MAX_HEADER || count === 0) return -1;
    const next = at + (as4 ? count << 2 : count << 1);
    if (next > end) return -1;
    words[to++] = header;
    if (as4) for (; at < next; at += 4) words[to++] = view.getInt32(at);
    else for (; at < next; at += 2) words[to++] = view.getUint16(at);
  }
  return to - start;
}

/** ASNs of one segment as path length counts them: a set is one, confederations none (RFC 4271 §9.1.2.2, RFC 5065 §5.3). */
function segmentWeight(header: number): number {
  const type = header >>> 8;
  if (type === SEGMENT.sequence) return header & 0xff;
  return type === SEGMENT.set ? 1 : 0;
}

function pathWeight(words: Uint32Array, length: number): number {
  let weight = 0;
  for (let at = 0; at < length; at += 1 + (words[at]! & 0xff)) weight += segmentWeight(words[at]!);
  return weight;
}

/**
 * Rebuild the four-octet path of RFC 6793 §4.2.3 in `out`: the leading ASNs of AS_PATH that AS4_PATH lacks, then
 * AS4_PATH. With fewer ASNs in AS_PATH than in AS4_PATH, AS4_PATH is ignored. Confederation segments inside AS4_PATH are
 * dropped (§3); those leading AS_PATH stay.
 * @returns the number of words in `out`, which must hold both paths.
 */
export function mergePaths(
  path: Uint32Array,
  pathLength: number,
  path4: Uint32Array,
  path4Length: number,
  out: Uint32Array,
): number {
  const kept4 = dropConfederations(path4, path4Length);
  let lead = pathWeight(path, pathLength) - pathWeight(path4, kept4);
  if (lead < 0 || kept4 === 0) {
    for (let i = 0; i < pathLength; i++) out[i] = path[i]!;
    return pathLength;
  }
  let length = 0;
  for (let at = 0; at < pathLength;) {
    const header = path[at]!;
    const count = header & 0xff;
    const weight = segmentWeight(header);
    if (weight > 0 && lead === 0) break;
    const take = weight > lead ? lead : count;
    out[length++] = ((header >>> 8) << 8) | take;
    for (let i = 1; i <= take; i++) out[length++] = path[at + i]!;
    lead -= Math.min(weight, lead);
    at += 1 + count;
  }
  return appendPath(out, length, path4, kept4);
}

/** Remove confederation segments in place; returns the new length. */
function dropConfederations(words: Uint32Array, length: number): number {
  let kept = 0;
  for (let at = 0; at < length;) {
    const header = words[at]!;
    const size = 1 + (header & 0xff);
    if (header >>> 8 < SEGMENT.confedSequence) {
      for (let i = 0; i < size; i++) words[kept + i] = words[at + i]!;
      kept += size;
    }
    at += size;
  }
  return kept;
}

/** Append `tail` to the `length` words of `out`, joining two AS_SEQUENCEs that meet into one where its count allows. */
function appendPath(out: Uint32Array, length: number, tail: Uint32Array, tailLength: number): number {
  let from = 0;
  let last = -1;
  for (let at = 0; at < length; at += 1 + (out[at]! & 0xff)) last = at;
  const head = tail[0]!;
  if (last >= 0 && out[last]! >>> 8 === SEGMENT.sequence && head >>> 8 === SEGMENT.sequence) {
    const count = (out[last]! & 0xff) + (head & 0xff);
    if (count <= 255) {
      out[last] = (SEGMENT.sequence << 8) | count;
      from = 1;
    }
  }
  for (let i = from; i < tailLength; i++) out[length++] = tail[i]!;
  return length;
}

import type { AttrTable, ElemBatch } from '../elem/batch.ts';
import { ELEM_FLAG, KIND, NONE } from '../elem/batch.ts';
import { BgpError } from '../error.ts';
import { ATTRIBUTE, SAFI } from './attribute.ts';
import { encodeAttribute, encodeAttributes } from './encode-attributes.ts';
import { encodeNlri } from './encode-nlri.ts';
import { CLASSIC_MESSAGE_BYTES, MAX_MESSAGE_BYTES, MESSAGE, MESSAGE_HEADER_BYTES } from './message.ts';
import { ByteWriter } from './writer.ts';

export interface EncodeOptions {
  /** Four-octet ASNs in AS_PATH and AGGREGATOR (RFC 6793). Default true. */
  readonly as4?: boolean;
  /** Write path identifiers (RFC 7911). Default false. */
  readonly addPath?: boolean;
  /** Longest message: 4,096 by default, up to 65,535 with the extended message capability (RFC 8654). */
  readonly maxBytes?: number;
}

/** NLRI that share a place in a message. */
interface Run {
  readonly isWithdraw: boolean;
  readonly table: number;
  readonly multicast: boolean;
  readonly attrs: number;
  readonly elems: readonly number[];
}

/**
 * Encode elems `from .. to` of `batch`, which came in one message, as UPDATE messages: one if their attributes differ in
 * nothing but the next hop and everything fits, else several. State changes are left out; table dump entries become
 * announcements. Decoding the result gives the elems again, in this order if they were in `UpdateDecoder`'s order.
 * @throws {BgpError} BGP_BAD_LENGTH if one prefix with its attributes does not fit a message; BGP_BAD_NLRI if its labels
 * do not fit its length octet
 */
export function encodeUpdates(
  batch: ElemBatch,
  from: number,
  to: number,
  options: EncodeOptions = {},
): Uint8Array<ArrayBuffer>[] {
  const messages: Uint8Array<ArrayBuffer>[] = [];
  let current: Run[] = [];
  for (const run of runsOf(batch, from, to)) {
    if (current.length > 0 && !fitsWith(batch, current, run)) {
      encodeRuns(batch, current, options, messages);
      current = [];
    }
    current.push(run);
  }
  if (current.length > 0) encodeRuns(batch, current, options, messages);
  return messages;
}

/** An UPDATE that says "end of the initial table" for a family (RFC 4724 §2); IPv4 unicast has a form of its own. */
export function encodeEndOfRib(afi: number, safi: number): Uint8Array<ArrayBuffer> {
  const attributes = new ByteWriter();
  if (afi !== 1 || safi !== SAFI.unicast) {
    encodeAttribute(attributes, ATTRIBUTE.mpUnreach, Uint8Array.of(afi >>> 8, afi & 0xff, safi));
  }
  return frame(new Uint8Array(0), attributes.take(), new Uint8Array(0));
}

function runsOf(batch: ElemBatch, from: number, to: number): Run[] {
  const runs = new Map<string, Run & { elems: number[] }>();
  for (let i = from; i < to; i++) {
    const kind = batch.kind[i]!;
    if (kind === KIND.state) continue;
    const isWithdraw = kind === KIND.withdraw;
    const table = batch.prefixes.table[batch.prefix[i]!]!;
    const multicast = (batch.flags[i]! & ELEM_FLAG.multicast) !== 0;
    const attrs = isWithdraw ? NONE : batch.attrs[i]!;
    const key = `${isWithdraw} ${table} ${multicast} ${attrs}`;
    const run = runs.get(key);
    if (run) run.elems.push(i);
    else runs.set(key, { isWithdraw, table, multicast, attrs, elems: [i] });
  }
  return [...runs.values()];
}

/** Which of the four NLRI places of an UPDATE the run takes. */
function isPlain(batch: ElemBatch, run: Run): boolean {
  if (run.table !== 0 || run.multicast) return false;
  return run.isWithdraw || batch.addresses.isV6[batch.attrSets.nextHop[run.attrs]!] === 0;
}

function fitsWith(batch: ElemBatch, runs: readonly Run[], next: Run): boolean {
  return runs.every((run) => {
    if (run.isWithdraw !== next.isWithdraw) return true;
    if (isPlain(batch, run) === isPlain(batch, next)) return false;
    return run.isWithdraw || sameButNextHop(batch.attrSets, run.attrs, next.attrs);
  });
}

function sameButNextHop(sets: AttrTable, a: number, b: number): boolean {
  return Object.entries(sets).every(([name, column]: [string, unknown]) => {
    if (name === 'nextHop' || typeof column === 'number') return true;
    const values = column as Uint32Array;
    return values[a] === values[b];
  });
}

/** Encode runs that may share a message, in halves where they are too long for one. */
function encodeRuns(
  batch: ElemBatch,
  runs: readonly Run[],
  options: EncodeOptions,
  out: Uint8Array<ArrayBuffer>[],
): void {
  const maxBytes = Math.min(options.maxBytes ?? CLASSIC_MESSAGE_BYTES, MAX_MESSAGE_BYTES);
  const message = encodeMessage(batch, runs, options);
  if (message.length <= maxBytes) {
    out.push(message);
    return;
  }
  if (runs.length > 1) {
    for (const run of runs) encodeRuns(batch, [run], options, out);
    return;
  }
  const run = runs[0]!;
  if (run.elems.length === 1) {
    throw new BgpError('BGP_BAD_LENGTH', `one prefix takes ${message.length} bytes, ${maxBytes} are allowed`);
  }
  const half = run.elems.length >> 1;
  encodeRuns(batch, [{ ...run, elems: run.elems.slice(0, half) }], options, out);
  encodeRuns(batch, [{ ...run, elems: run.elems.slice(half) }], options, out);
}

function encodeMessage(
  batch: ElemBatch,
  runs: readonly Run[],
  options: EncodeOptions,
): Uint8Array<ArrayBuffer> {
  const addPath = options.addPath ?? false;
  const find = (isWithdraw: boolean, plain: boolean): Run | undefined =>
    runs.find((run) => run.isWithdraw === isWithdraw && isPlain(batch, run) === plain);
  const nlri = (run: Run | undefined): Uint8Array => nlriBytes(batch, run?.elems ?? [], addPath);
  const unreach = find(true, false);
  const announced = find(false, true);
  const reach = find(false, false);
  const attributes = new ByteWriter();
  const mpUnreach = unreach ? concat([familyBytes(unreach), nlri(unreach)]) : null;
  const set = announced?.attrs ?? reach?.attrs;
  if (set !== undefined) {
    const nextHop = announced ? batch.addresses.words[batch.attrSets.nextHop[announced.attrs]! * 4]! : null;
    const mpReach = reach
      ? concat([
          familyBytes(reach),
          nextHopBytes(batch, reach.attrs, reach.table),
          Uint8Array.of(0),
          nlri(reach),
        ])
      : null;
    encodeAttributes(attributes, batch, set, options.as4 ?? true, { nextHop, mpReach, mpUnreach });
  } else if (mpUnreach) {
    encodeAttribute(attributes, ATTRIBUTE.mpUnreach, mpUnreach);
  }
  return frame(nlri(find(true, true)), attributes.take(), nlri(announced));
}

function nlriBytes(batch: ElemBatch, elems: readonly number[], addPath: boolean): Uint8Array {
  const writer = new ByteWriter();
  for (const i of elems) encodeNlri(writer, batch, i, addPath);
  return writer.take();
}

/** AFI and SAFI, RFC 4760 §3. */
function familyBytes({ table, multicast }: Run): Uint8Array {
  const safi = table > 1 ? SAFI.vpn : multicast ? SAFI.multicast : SAFI.unicast;
  return Uint8Array.of(0, (table & 1) + 1, safi);
}

/**
 * Length octet and next hop of set `set` in MP_REACH_NLRI form: behind a zero RD in the VPN tables (RFC 4364 §4.3.2), and
 * IPv4 next hops of IPv6 routes as IPv4-mapped addresses.
 */
export function nextHopBytes(batch: ElemBatch, set: number, table: number): Uint8Array {
  const nextHop = batch.attrSets.nextHop[set]!;
  const writer = new ByteWriter();
  const isV6 = batch.addresses.isV6[nextHop] === 1;
  const needsV6 = isV6 || (table & 1) === 1;
  const rdBytes = table > 1 ? 8 : 0;
  writer.u8(rdBytes + (needsV6 ? 16 : 4));
  for (let i = 0; i < rdBytes; i++) writer.u8(0);
  if (needsV6 && !isV6) {
    const word = batch.addresses.words[nextHop * 4]!;
    writer.appendWords([0, 0, nextHop === 0 ? 0 : 0xffff, word], 0, 16);
  } else {
    writer.appendWords(batch.addresses.words, nextHop * 4, needsV6 ? 16 : 4);
  }
  return writer.take();
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const writer = new ByteWriter();
  for (const part of parts) writer.append(part);
  return writer.take();
}

/** Message header, lengths and the three parts of an UPDATE, RFC 4271 §4.3. */
function frame(withdrawn: Uint8Array, attributes: Uint8Array, nlri: Uint8Array): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter();
  for (let i = 0; i < 4; i++) writer.u32(0xffff_ffff);
  const length = MESSAGE_HEADER_BYTES + 4 + withdrawn.length + attributes.length + nlri.length;
  writer.u16(length);
  writer.u8(MESSAGE.update);
  writer.u16(withdrawn.length);
  writer.append(withdrawn);
  writer.u16(attributes.length);
  writer.append(attributes);
  writer.append(nlri);
  return writer.take();
}

import { BgpError } from '../error.ts';
import { ByteReader, ByteWriter, decodeUtf8, encodeUtf8 } from '../wire/bytes.ts';
import { crc32 } from '../wire/crc32.ts';
import type { Aspa, AspaSet } from './aspa-set.ts';
import { aspaSetOf, eachAspa } from './aspa-set.ts';
import { readTable, writeTable } from './compact-table.ts';
import type { RpkiChange, RpkiData, RpkiDelta } from './data.ts';
import { applyRpkiDelta, rpkiDigest } from './data.ts';
import type { RpkiVersion } from './vrp.ts';
import type { VrpSet } from './vrp-set.ts';
import { MAX_TRUST_ANCHORS } from './vrp-set.ts';

/**
 * The compact form of VRPs and ASPAs that browsers load, and of the difference between two versions (docs/rpki.md).
 * Meant to be compressed once more by whoever sends it: the columns are laid out for that.
 */

/** `RSRP` */
const MAGIC = 0x5253_5250;
export const COMPACT_VERSION = 1;
const KIND_SNAPSHOT = 0;
const KIND_DELTA = 1;
/** Magic, version, kind; and the checksum at the end. */
const HEADER_BYTES = 6;
const CHECKSUM_BYTES = 4;
const MAX_NAME_BYTES = 64;
/** Session numbers go to 2^64 - 1: 20 digits. */
const MAX_SESSION_DIGITS = 20;
/** Most ASPAs and most providers in all of them that are taken from outside. There were 3,085 ASPAs in September 2026. */
export const MAX_ASPAS = 200_000;
export const MAX_PROVIDERS = 4_000_000;

/** What a compact message says. A delta leads from `from` to `version` and is checked by `digest` (see `rpkiDigest`). */
export type Compact =
  | { readonly kind: 'snapshot'; readonly data: RpkiData }
  | {
      readonly kind: 'delta';
      readonly from: RpkiVersion;
      readonly version: RpkiVersion;
      readonly delta: RpkiDelta;
      readonly digest: number;
    };

export function encodeSnapshot(data: RpkiData): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(1 << 20);
  writeHeader(writer, KIND_SNAPSHOT);
  writeVersion(writer, data.version);
  writeU32(writer, rpkiDigest(data));
  writeVrps(writer, data.vrps);
  writeAspas(writer, data.aspas);
  return finish(writer);
}

/** `delta` leads from version `from` to the data `to`. */
export function encodeDelta(delta: RpkiDelta, from: RpkiVersion, to: RpkiData): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(4096);
  writeHeader(writer, KIND_DELTA);
  writeVersion(writer, to.version);
  writeU32(writer, rpkiDigest(to));
  writeVersion(writer, from);
  writeVrps(writer, delta.vrps.announced);
  writeVrps(writer, delta.vrps.withdrawn);
  writeAspas(writer, aspaSetOf(delta.aspas.announced));
  const withdrawn = Uint32Array.from(delta.aspas.withdrawn).sort();
  writer.varint(withdrawn.length);
  for (const [i, asn] of withdrawn.entries()) writer.varint(i === 0 ? asn : asn - withdrawn[i - 1]! - 1);
  return finish(writer);
}

/** @throws {BgpError} RPKI_BAD_DATA, RPKI_VERSION, RPKI_TOO_LARGE */
export function decodeCompact(bytes: Uint8Array): Compact {
  try {
    return decode(bytes);
  } catch (cause) {
    if (!(cause instanceof BgpError) || cause.code !== 'WIRE_BAD_FRAME') throw cause;
    throw new BgpError('RPKI_BAD_DATA', cause.message, { cause });
  }
}

/**
 * `data` moved on by a decoded delta.
 * @throws {BgpError} RPKI_BAD_DELTA when the delta is for other data, or the outcome is not what the sender has
 */
export function advance(data: RpkiData, compact: Extract<Compact, { kind: 'delta' }>): RpkiChange {
  const { from, version, delta, digest } = compact;
  if (from.session !== data.version.session || from.serial !== data.version.serial) {
    throw new BgpError(
      'RPKI_BAD_DELTA',
      `from serial ${from.serial} of ${from.session}, not ${data.version.serial}`,
    );
  }
  const change = applyRpkiDelta(data, delta, version);
  if (rpkiDigest(change.data) !== digest) {
    throw new BgpError('RPKI_BAD_DELTA', `serial ${version.serial} does not have the announced digest`);
  }
  return change;
}

function decode(bytes: Uint8Array): Compact {
  if (bytes.length < HEADER_BYTES + CHECKSUM_BYTES) throw new BgpError('RPKI_BAD_DATA', 'ends early');
  const end = bytes.length - CHECKSUM_BYTES;
  const header = new ByteReader(bytes.subarray(0, HEADER_BYTES));
  if (readU32(header) !== MAGIC) throw new BgpError('RPKI_BAD_DATA', 'no compact RPKI data');
  const format = header.u8();
  if (format !== COMPACT_VERSION)
    throw new BgpError('RPKI_VERSION', `format ${format}, not ${COMPACT_VERSION}`);
  if (readU32(new ByteReader(bytes.subarray(end))) !== crc32(bytes.subarray(0, end))) {
    throw new BgpError('RPKI_BAD_DATA', 'checksum');
  }
  const kind = header.u8();
  const reader = new ByteReader(bytes.subarray(HEADER_BYTES, end));
  const version = readVersion(reader);
  const digest = readU32(reader);
  const compact =
    kind === KIND_SNAPSHOT
      ? readSnapshot(reader, version, digest)
      : kind === KIND_DELTA
        ? readDelta(reader, version, digest)
        : null;
  if (!compact) throw new BgpError('RPKI_BAD_DATA', `kind ${kind}`);
  if (reader.left > 0) throw new BgpError('RPKI_BAD_DATA', `${reader.left} bytes too many`);
  return compact;
}

function readSnapshot(reader: ByteReader, version: RpkiVersion, digest: number): Compact {
  const data = { version, vrps: readVrps(reader), aspas: aspaSetOf(readAspas(reader)) };
  if (rpkiDigest(data) !== digest) throw new BgpError('RPKI_BAD_DATA', 'digest');
  return { kind: 'snapshot', data };
}

function readDelta(reader: ByteReader, version: RpkiVersion, digest: number): Compact {
  const from = readVersion(reader);
  const vrps = { announced: readVrps(reader), withdrawn: readVrps(reader) };
  const announced = readAspas(reader);
  const withdrawn: number[] = [];
  const count = reader.count(MAX_ASPAS, 'customers');
  for (let i = 0; i < count; i++) withdrawn.push(ascending(reader, withdrawn, i));
  return { kind: 'delta', from, version, delta: { vrps, aspas: { announced, withdrawn } }, digest };
}

function writeHeader(writer: ByteWriter, kind: number): void {
  writeU32(writer, MAGIC);
  writer.u8(COMPACT_VERSION);
  writer.u8(kind);
}

function finish(writer: ByteWriter): Uint8Array<ArrayBuffer> {
  const body = writer.take();
  const bytes = new Uint8Array(body.length + CHECKSUM_BYTES);
  bytes.set(body);
  new DataView(bytes.buffer).setUint32(body.length, crc32(body));
  return bytes;
}

function writeU32(writer: ByteWriter, value: number): void {
  for (const shift of [24, 16, 8, 0]) writer.u8((value >>> shift) & 0xff);
}

function readU32(reader: ByteReader): number {
  let value = 0;
  for (let i = 0; i < 4; i++) value = value * 256 + reader.u8();
  return value;
}

function writeText(writer: ByteWriter, text: string): void {
  const bytes = encodeUtf8(text);
  writer.varint(bytes.length);
  writer.bytes(bytes);
}

function readText(reader: ByteReader, maxBytes: number): string {
  const text = decodeUtf8(reader.bytes(reader.count(maxBytes, 'bytes of text')));
  if (text === null) throw reader.error('text is not UTF-8');
  return text;
}

function writeVersion(writer: ByteWriter, version: RpkiVersion): void {
  writeText(writer, version.session);
  writer.varint53(version.serial);
  writer.varint53(version.generatedS);
}

function readVersion(reader: ByteReader): RpkiVersion {
  const session = readText(reader, MAX_SESSION_DIGITS);
  if (!/^\d+$/.test(session)) throw reader.error('session is no number');
  return { session, serial: reader.varint53(), generatedS: reader.varint53() };
}

function writeVrps(writer: ByteWriter, set: VrpSet): void {
  const names = set.trustAnchors.map((name) => (encodeUtf8(name).length > MAX_NAME_BYTES ? '' : name));
  writer.varint(names.length);
  for (const name of names) writeText(writer, name);
  writeTable(writer, set.v4);
  writeTable(writer, set.v6);
}

function readVrps(reader: ByteReader): VrpSet {
  const trustAnchors: string[] = [];
  const count = reader.count(MAX_TRUST_ANCHORS, 'trust anchors');
  for (let i = 0; i < count; i++) trustAnchors.push(readText(reader, MAX_NAME_BYTES));
  if (trustAnchors[0] !== '') throw reader.error('trust anchor 0 has a name');
  return { v4: readTable(reader, false, count), v6: readTable(reader, true, count), trustAnchors };
}

function writeAspas(writer: ByteWriter, set: AspaSet): void {
  writer.varint(set.length);
  let before = -1;
  for (const { customer, providers } of eachAspa(set)) {
    writer.varint(customer - before - 1);
    writer.varint(providers.length);
    for (const [i, asn] of providers.entries()) writer.varint(i === 0 ? asn : asn - providers[i - 1]! - 1);
    before = customer;
  }
}

function readAspas(reader: ByteReader): Aspa[] {
  const count = reader.count(MAX_ASPAS, 'ASPAs');
  const customers: number[] = [];
  const aspas: Aspa[] = [];
  let total = 0;
  for (let i = 0; i < count; i++) {
    customers.push(ascending(reader, customers, i));
    const providers: number[] = [];
    const length = reader.count(MAX_PROVIDERS - total, 'providers');
    for (let p = 0; p < length; p++) providers.push(ascending(reader, providers, p));
    total += length;
    aspas.push({ customer: customers[i]!, providers });
  }
  return aspas;
}

/** The next ASN of an ascending list written as gaps. */
function ascending(reader: ByteReader, list: readonly number[], at: number): number {
  const asn = at === 0 ? reader.varint() : list[at - 1]! + 1 + reader.varint();
  if (asn > 0xffff_ffff) throw reader.error('ASN over 32 bits');
  return asn;
}

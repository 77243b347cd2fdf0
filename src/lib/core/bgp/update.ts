import { ATTR_WORD } from '../elem/attr-table.ts';
import { ELEM_FLAG, KIND, NONE } from '../elem/batch.ts';
import type { BatchBuilder } from '../elem/builder.ts';
import { BgpError } from '../error.ts';
import { SAFI, tableOf } from './attribute.ts';
import { AttributeParser, HAS, MODE } from './attribute-parser.ts';
import { CommonUpdateDecoder } from './common-update.ts';
import { MESSAGE, MESSAGE_HEADER_BYTES, messageLength } from './message.ts';
import { internNextHop, isNextHopLength, REACH_HEADER_BYTES } from './next-hop.ts';
import type { UpdateContext, UpdateStats } from './update-context.ts';
import type { NlriRun } from './nlri.ts';
import { countNlri, NlriReader, wholeNlriEnd } from './nlri.ts';

export type { UpdateContext, UpdateStats };

const MAX_FAMILIES = 64;
/** `table` of a field that is absent or of a family not decoded. */
const NO_TABLE = -1;

/** One NLRI field of the message being decoded. */
class Field {
  table = NO_TABLE;
  at = 0;
  end = 0;
  count = 0;
  addPath = false;
  multicast = false;

  clear(): void {
    this.table = NO_TABLE;
    this.multicast = false;
    this.count = 0;
  }
}

/**
 * Decodes BGP UPDATE messages into elems of a builder: RFC 4271 §4.3 with the multiprotocol (4760), four-octet ASN (6793),
 * ADD-PATH (7911), VPN (4364, 8277) and error handling (7606) extensions. A message either gives all its elems or, when
 * its NLRI cannot be trusted, throws and gives none. Withdrawals come first: plain, MP_UNREACH, then announcements: plain,
 * MP_REACH.
 */
export class UpdateDecoder {
  readonly stats: UpdateStats = {
    updates: 0,
    endOfRib: 0,
    treatAsWithdraw: 0,
    attributesDiscarded: 0,
    ipv6ExtCommunities: 0,
    addPathGuesses: 0,
    cutMessages: 0,
    cutElems: 0,
    unsupportedFamilies: new Map(),
  };
  readonly attributes: AttributeParser;
  readonly nlri: NlriReader;

  readonly #builder: BatchBuilder;
  readonly #withdrawn = new Field();
  readonly #unreach = new Field();
  readonly #announced = new Field();
  readonly #reach = new Field();
  readonly #run: NlriRun = {
    kind: 0,
    flags: 0,
    timeUs: 0,
    vantage: 0,
    attrs: NONE,
    table: 0,
    addPath: false,
    labels: false,
  };
  #firstFlag = 0;
  readonly #common: CommonUpdateDecoder;
  /** The bytes of the last message: `DataView` reads a word with one load where indexing takes four. */
  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  readonly #multicast: boolean;

  /** @param options `multicast`: also decode SAFI 2, flagged `ELEM_FLAG.multicast`, instead of counting it as unsupported. */
  constructor(builder: BatchBuilder, options: { readonly multicast?: boolean } = {}) {
    this.#multicast = options.multicast ?? false;
    this.#builder = builder;
    this.attributes = new AttributeParser(builder);
    this.nlri = new NlriReader(builder);
    this.#common = new CommonUpdateDecoder(builder, this.stats);
  }

  /**
   * Decode the whole message at `at`, marker included. Messages other than UPDATE are checked and give no elems.
   * @returns the message type (`MESSAGE`).
   * @throws {BgpError} BGP_BAD_MARKER, BGP_BAD_LENGTH, BGP_BAD_ATTRIBUTE, BGP_BAD_NLRI
   */
  decodeMessage(bytes: Uint8Array, at: number, end: number, context: Readonly<UpdateContext>): number {
    const view = this.#viewOf(bytes);
    const length = messageLength(view, at, end);
    const type = view.getUint8(at + 18);
    if (type === MESSAGE.update) this.decodeBody(bytes, at + MESSAGE_HEADER_BYTES, at + length, context);
    return type;
  }

  /**
   * Decode an UPDATE without its message header, `bytes[at .. end)`.
   * @throws {BgpError} BGP_BAD_LENGTH, BGP_BAD_ATTRIBUTE, BGP_BAD_NLRI
   */
  decodeBody(bytes: Uint8Array, at: number, end: number, context: Readonly<UpdateContext>): void {
    if (!this.#common.decode(bytes, this.#viewOf(bytes), at, end, context)) {
      this.#decode(bytes, this.#split(bytes, at, end), context);
    }
  }

  /**
   * Decode an UPDATE body whose end is missing: withdrawn routes or NLRI as far as they are whole.
   * @throws {BgpError} BGP_BAD_LENGTH if the cut is in the attributes; BGP_BAD_ATTRIBUTE, BGP_BAD_NLRI
   */
  decodeCutBody(bytes: Uint8Array, at: number, end: number, context: Readonly<UpdateContext>): void {
    if (end - at < 2) throw new BgpError('BGP_BAD_LENGTH', `UPDATE of ${end - at} bytes`);
    const withdrawnEnd = at + 2 + ((bytes[at]! << 8) | bytes[at + 1]!);
    let attrsAt = end;
    if (withdrawnEnd + 2 > end) {
      setField(
        this.#withdrawn,
        0,
        at + 2,
        wholeNlriEnd(bytes, at + 2, Math.min(withdrawnEnd, end), context.addPath),
      );
      setField(this.#announced, 0, end, end);
    } else {
      attrsAt = this.#split(bytes, at, end);
      this.#announced.end = wholeNlriEnd(bytes, this.#announced.at, end, context.addPath);
    }
    this.#decode(bytes, attrsAt, context);
    this.stats.cutMessages++;
    this.stats.cutElems +=
      this.#withdrawn.count + this.#unreach.count + this.#announced.count + this.#reach.count;
  }

  #viewOf(bytes: Uint8Array): DataView {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    return this.#view;
  }

  #decode(bytes: Uint8Array, attrsAt: number, context: Readonly<UpdateContext>): void {
    // 0: withdrawn length u16, withdrawn routes   then: attributes length u16, attributes   rest: NLRI
    const attrsEnd = this.#announced.at;
    const attributes = this.attributes;
    this.#unreach.clear();
    this.#reach.clear();
    const mode = (context.as4 ? MODE.as4 : 0) | (context.internal ? MODE.internal : 0);
    attributes.parse(bytes, attrsAt, attrsEnd, mode);
    if (attributes.unreachAt !== -1) this.#locateUnreach(bytes);
    if (attributes.reachAt !== -1) this.#locateReach(bytes);
    this.#count(bytes, this.#withdrawn, context.addPath);
    this.#count(bytes, this.#unreach, context.addPath);
    this.#count(bytes, this.#announced, context.addPath);
    this.#count(bytes, this.#reach, context.addPath);
    this.stats.updates++;
    if (this.#isEndOfRib(attrsAt, attrsEnd)) {
      this.stats.endOfRib++;
      return;
    }
    this.#emit(bytes, context);
  }

  /** Find the plain fields; returns where the attributes start, and `#announced.at` is where they end. */
  #split(bytes: Uint8Array, at: number, end: number): number {
    if (end - at < 4) throw new BgpError('BGP_BAD_LENGTH', `UPDATE of ${end - at} bytes`);
    const withdrawnEnd = at + 2 + ((bytes[at]! << 8) | bytes[at + 1]!);
    if (withdrawnEnd + 2 > end) throw new BgpError('BGP_BAD_LENGTH', 'withdrawn routes run past the message');
    const attrsAt = withdrawnEnd + 2;
    const attrsEnd = attrsAt + ((bytes[withdrawnEnd]! << 8) | bytes[withdrawnEnd + 1]!);
    if (attrsEnd > end) throw new BgpError('BGP_BAD_LENGTH', 'path attributes run past the message');
    setField(this.#withdrawn, 0, at + 2, withdrawnEnd);
    setField(this.#announced, 0, attrsEnd, end);
    return attrsAt;
  }

  #locateUnreach(bytes: Uint8Array): void {
    const { unreachAt, unreachEnd } = this.attributes;
    // 0: AFI u16   2: SAFI u8   3: withdrawn routes
    if (unreachEnd - unreachAt < 3) throw new BgpError('BGP_BAD_NLRI', 'MP_UNREACH_NLRI under 3 bytes');
    const table = this.#table(bytes, unreachAt);
    if (table === NO_TABLE) return;
    setField(this.#unreach, table, unreachAt + 3, unreachEnd);
    this.#unreach.multicast = bytes[unreachAt + 2] === SAFI.multicast;
  }

  #locateReach(bytes: Uint8Array): void {
    const { reachAt, reachEnd } = this.attributes;
    // 0: AFI u16   2: SAFI u8   3: next hop length u8   4: next hop   then: reserved u8, NLRI
    if (reachEnd - reachAt < 5) throw new BgpError('BGP_BAD_NLRI', 'MP_REACH_NLRI under 5 bytes');
    const table = this.#table(bytes, reachAt);
    if (table === NO_TABLE) return;
    const nextHopBytes = bytes[reachAt + 3]!;
    const nlriAt = reachAt + 5 + nextHopBytes;
    // RFC 7606 §7.11: without the next hop's length the NLRI cannot be found.
    if (nlriAt > reachEnd || !isNextHopLength(table, nextHopBytes)) {
      throw new BgpError('BGP_BAD_NLRI', `next hop of ${nextHopBytes} bytes in MP_REACH_NLRI`);
    }
    setField(this.#reach, table, nlriAt, reachEnd);
    this.#reach.multicast = bytes[reachAt + 2] === SAFI.multicast;
  }

  #table(bytes: Uint8Array, at: number): number {
    const afi = (bytes[at]! << 8) | bytes[at + 1]!;
    const table = tableOf(afi, bytes[at + 2]!, this.#multicast);
    if (table === NO_TABLE) {
      const families = this.stats.unsupportedFamilies;
      const family = (afi << 8) | bytes[at + 2]!;
      const key = families.has(family) || families.size < MAX_FAMILIES ? family : -1;
      families.set(key, (families.get(key) ?? 0) + 1);
    }
    return table;
  }

  /** Count the field's entries. Where they do not parse as the context says, the other ADD-PATH reading gets its chance. */
  #count(bytes: Uint8Array, field: Field, addPath: boolean): void {
    field.addPath = addPath;
    if (field.table === NO_TABLE || field.at === field.end) return;
    field.count = countNlri(bytes, field.at, field.end, field.table, addPath);
    if (field.count !== -1) return;
    field.count = countNlri(bytes, field.at, field.end, field.table, !addPath);
    if (field.count === -1)
      throw new BgpError('BGP_BAD_NLRI', `NLRI of ${field.end - field.at} bytes do not parse`);
    field.addPath = !addPath;
    this.stats.addPathGuesses++;
  }

  /** RFC 4724 §2: an empty UPDATE, or nothing but an empty MP_UNREACH_NLRI. */
  #isEndOfRib(attrsAt: number, attrsEnd: number): boolean {
    if (this.#withdrawn.count + this.#announced.count > 0) return false;
    if (attrsAt === attrsEnd) return true;
    const { unreachAt, unreachEnd } = this.attributes;
    // The header of MP_UNREACH_NLRI takes three octets, or four with the extended length flag.
    return (
      unreachAt !== -1 && unreachAt - attrsAt <= 4 && unreachEnd === attrsEnd && unreachEnd - unreachAt === 3
    );
  }

  #emit(bytes: Uint8Array, context: Readonly<UpdateContext>): void {
    this.#firstFlag = ELEM_FLAG.first;
    const run = this.#run;
    run.timeUs = context.timeUs;
    run.vantage = context.vantage;
    if (this.#withdrawn.count > 0) this.#push(bytes, this.#withdrawn, KIND.withdraw, context.flags, NONE);
    if (this.#unreach.count > 0) this.#push(bytes, this.#unreach, KIND.withdraw, context.flags, NONE);
    const hasPlain = this.#announced.count > 0;
    const hasMulti = this.#reach.count > 0;
    if (!hasPlain && !hasMulti) return;
    const attributes = this.attributes;
    if (attributes.discarded > 0) this.stats.attributesDiscarded += attributes.discarded;
    if (attributes.has & HAS.ipv6ExtCommunities) this.stats.ipv6ExtCommunities++;
    // RFC 7606 §3d: a mandatory attribute missing. NEXT_HOP is mandatory for the plain NLRI only (RFC 4760 §3).
    const needed = HAS.origin | HAS.path | (hasPlain && context.mayLackNextHop !== true ? HAS.nextHop : 0);
    if ((attributes.has & (needed | HAS.malformed)) === needed) {
      const { attrSets } = this.#builder;
      if (hasPlain)
        this.#push(
          bytes,
          this.#announced,
          KIND.announce,
          context.flags,
          attrSets.internWords(attributes.row),
        );
      if (hasMulti) {
        attributes.row[ATTR_WORD.nextHop] = this.#reachNextHop(bytes);
        this.#push(bytes, this.#reach, KIND.announce, context.flags, attrSets.internWords(attributes.row));
      }
      return;
    }
    this.stats.treatAsWithdraw++;
    const flags = context.flags | ELEM_FLAG.treatAsWithdraw;
    if (hasPlain) this.#push(bytes, this.#announced, KIND.withdraw, flags, NONE);
    if (hasMulti) this.#push(bytes, this.#reach, KIND.withdraw, flags, NONE);
  }

  #reachNextHop(bytes: Uint8Array): number {
    const at = this.attributes.reachAt + REACH_HEADER_BYTES;
    return internNextHop(this.#builder.addresses, bytes, at, bytes[at - 1]!);
  }

  #push(bytes: Uint8Array, field: Field, kind: number, flags: number, attrs: number): void {
    const run = this.#run;
    run.kind = kind;
    run.flags = field.multicast ? flags | ELEM_FLAG.multicast : flags;
    run.attrs = attrs;
    run.table = field.table;
    run.addPath = field.addPath;
    run.labels = kind === KIND.announce;
    this.nlri.read(bytes, field.at, field.end, run, this.#firstFlag);
    this.#firstFlag = 0;
  }
}

function setField(field: Field, table: number, at: number, end: number): void {
  field.table = table;
  field.at = at;
  field.end = end;
  field.count = 0;
}

/**
 * The columnar batch of elems: what decoders emit, the wire carries, detectors step over and the archive stores.
 *
 * Columns are typed arrays of equal length, one entry per elem, in the order the elems happened. Prefixes, vantages,
 * attribute sets and the lists inside them are interned per batch: a column holds an index into a table, and equal
 * values have equal indexes. Nothing is shared between batches, so a batch can be transferred to another thread.
 */

/** What an elem says. `rib` is an entry of a table dump: a route that was there, not an event. */
export const KIND = { announce: 0, withdraw: 1, state: 2, rib: 3 } as const;
export type Kind = (typeof KIND)[keyof typeof KIND];

/** The routing table a prefix belongs to. VPN keys carry a route distinguisher (RFC 4364). */
export const TABLE = { ipv4: 0, ipv6: 1, vpnv4: 2, vpnv6: 3 } as const;
export type Table = (typeof TABLE)[keyof typeof TABLE];
export const TABLE_NAMES = ['ipv4', 'ipv6', 'vpnv4', 'vpnv6'] as const;
export type TableName = (typeof TABLE_NAMES)[number];

/** FSM states of a peer session, numbered as in RFC 6396 §4.4.1. */
export const PEER_STATE = {
  unknown: 0,
  idle: 1,
  connect: 2,
  active: 3,
  openSent: 4,
  openConfirm: 5,
  established: 6,
  /** Quagga and FRR also log their own two. */
  clearing: 7,
  deleted: 8,
} as const;

/** Bits of the per-elem `flags` column. */
export const ELEM_FLAG = {
  /** First elem of its BGP message. Counting this bit counts messages; elems up to the next one share a message. */
  first: 1,
  /** The source stamped microseconds (BGP4MP_ET); otherwise whole seconds or milliseconds. */
  extendedTime: 2,
  /** An announcement taken as a withdrawal because its attributes were malformed (RFC 7606 §2). */
  treatAsWithdraw: 4,
  /** `pathId` is meaningful (ADD-PATH, RFC 7911). */
  addPath: 8,
  /** From a TABLE_DUMP (v1) record rather than TABLE_DUMP_V2. */
  tableDumpV1: 16,
  /** Of the multicast routing table (SAFI 2), which its prefix's table does not tell. Decoders skip these unless asked. */
  multicast: 32,
} as const;

/** Bits of the `flags` column of an attribute set: which optional values are present. */
export const ATTR_FLAG = { med: 1, localPref: 2, atomicAggregate: 4, aggregator: 8, otc: 16 } as const;

/** ORIGIN values of RFC 4271 §5.1.1, and `none` where the attribute is missing. */
export const ORIGIN = { igp: 0, egp: 1, incomplete: 2, none: 255 } as const;

/** Index that points nowhere: `prefix` of a state change, `attrs` of a withdrawal. */
export const NONE = 0xffff_ffff;

/** Lists of 32-bit words, concatenated. List `i` is `words[offsets[i] .. offsets[i + 1])`. List 0 is always empty. */
export interface WordLists {
  readonly length: number;
  /** `length + 1` entries. */
  readonly offsets: Uint32Array;
  readonly words: Uint32Array;
}

/** IP addresses. Entry 0 is "none". IPv4: word 0, the rest zero. Words are big-endian numbers, most significant first. */
export interface AddressTable {
  readonly length: number;
  readonly isV6: Uint8Array;
  /** Four per address. */
  readonly words: Uint32Array;
}

/** A vantage: collector + peer address + peer ASN. */
export interface VantageTable {
  readonly length: number;
  /** Index into `collectors`. */
  readonly collector: Uint32Array;
  /** Index into `addresses`. */
  readonly address: Uint32Array;
  readonly asn: Uint32Array;
}

/** Prefixes with host bits zero. */
export interface PrefixTable {
  readonly length: number;
  /** `TABLE` value. */
  readonly table: Uint8Array;
  /** Prefix length in bits, 0..32 or 0..128, without RD and labels. */
  readonly bits: Uint8Array;
  /** Four per prefix, as in `AddressTable`. */
  readonly words: Uint32Array;
  /** Route distinguisher, two words per prefix (RFC 4364 §4.2); empty when the batch has no VPN prefix. */
  readonly rd: Uint32Array;
}

/** Path attribute sets. Every list column is an index into the batch's table of that name. */
export interface AttrTable {
  readonly length: number;
  /** `ATTR_FLAG` bits. */
  readonly flags: Uint8Array;
  /** `ORIGIN` value. */
  readonly origin: Uint8Array;
  /** Index into `paths`. */
  readonly path: Uint32Array;
  /** Index into `addresses`; the global address where a link-local one came with it (RFC 2545 §3). */
  readonly nextHop: Uint32Array;
  readonly med: Uint32Array;
  readonly localPref: Uint32Array;
  readonly aggregatorAsn: Uint32Array;
  /** IPv4 address as a number. */
  readonly aggregatorAddress: Uint32Array;
  /** Only to Customer, RFC 9234 §5. */
  readonly otc: Uint32Array;
  readonly communities: Uint32Array;
  readonly extCommunities: Uint32Array;
  readonly largeCommunities: Uint32Array;
}

export interface ElemBatch {
  /** Number of elems; every per-elem column has this length. */
  readonly length: number;
  /** Unix time in microseconds, integral. */
  readonly timeUs: Float64Array;
  /** `KIND` value. */
  readonly kind: Uint8Array;
  /** `ELEM_FLAG` bits. */
  readonly flags: Uint8Array;
  /** Index into `vantages`. */
  readonly vantage: Uint32Array;
  /** Index into `prefixes`, `NONE` for a state change. */
  readonly prefix: Uint32Array;
  /** Index into `attrSets`, `NONE` for withdrawals and state changes. */
  readonly attrs: Uint32Array;
  /** ADD-PATH identifier; 0 without `ELEM_FLAG.addPath`. */
  readonly pathId: Uint32Array;
  /** Index into `labelStacks`; 0 (the empty stack) outside VPN tables and where the label is unknown. */
  readonly labels: Uint32Array;
  /** State changes: old state << 8 | new state (`PEER_STATE`); otherwise 0. */
  readonly state: Uint16Array;

  readonly collectors: readonly string[];
  readonly addresses: AddressTable;
  readonly vantages: VantageTable;
  readonly prefixes: PrefixTable;
  readonly attrSets: AttrTable;
  /** AS paths: segments, each one header word `type << 8 | count` (RFC 4271 §4.3 types) and `count` ASNs. */
  readonly paths: WordLists;
  /** One word per community, RFC 1997. */
  readonly communities: WordLists;
  /** Two words per community, RFC 4360. */
  readonly extCommunities: WordLists;
  /** Three words per community, RFC 8092. */
  readonly largeCommunities: WordLists;
  /** MPLS labels (20 bits each), outermost first, RFC 8277. */
  readonly labelStacks: WordLists;
}

/** AS_PATH segment types, RFC 4271 §4.3 and RFC 5065 §3. */
export const SEGMENT = { set: 1, sequence: 2, confedSequence: 3, confedSet: 4 } as const;

/** The buffers a batch lives in, for `postMessage` transfer. The batch is unusable at the sender afterwards. */
export function batchBuffers(batch: ElemBatch): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  const visit = (value: object): void => {
    for (const column of Object.values(value) as unknown[]) {
      if (ArrayBuffer.isView(column)) buffers.add(column.buffer as ArrayBuffer);
      else if (column !== null && typeof column === 'object' && !Array.isArray(column)) visit(column);
    }
  };
  visit(batch);
  return [...buffers];
}

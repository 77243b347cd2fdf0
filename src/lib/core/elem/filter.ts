import type { TableName } from './batch.ts';

/** Which elems a client wants. Members are ANDed, values inside one are ORed; an absent or empty member matches all. */
export interface ElemFilter {
  readonly collectors?: readonly string[];
  /** Peer addresses, any text form. */
  readonly peers?: readonly string[];
  /** CIDR text; matches the prefix itself, and by the two flags below what it covers and what covers it. */
  readonly prefixes?: readonly string[];
  /** Also prefixes inside the given ones (default true). */
  readonly moreSpecific?: boolean;
  /** Also prefixes around the given ones (default false). */
  readonly lessSpecific?: boolean;
  /** ASNs anywhere on the path or as the peer. Withdrawals carry no path: they match by peer ASN only. */
  readonly asns?: readonly number[];
  readonly tables?: readonly TableName[];
  readonly kinds?: readonly ('announce' | 'withdraw' | 'state' | 'rib')[];
}

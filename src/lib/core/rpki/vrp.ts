import type { Prefix, PrefixKey } from '../prefix/prefix.ts';

/** One Validated ROA Payload as people read it (RFC 6811 §2). Sets keep columns; this is for display and tests. */
export interface Vrp {
  readonly prefix: Prefix;
  /** Longest prefix length the VRP allows, in bits. */
  readonly maxLength: number;
  readonly asn: number;
  /** Name of the trust anchor it was found under; empty when the source did not say. */
  readonly trustAnchor: string;
}

/** One VRP as a validator's output has it, with what sets do not keep. */
export interface ListedVrp {
  readonly prefix: PrefixKey;
  readonly maxLength: number;
  readonly asn: number;
  /** Empty when the source does not say. */
  readonly trustAnchor: string;
  /** When the first of its certificates, CRLs and manifests runs out, Unix seconds (rpki-client); null when not known. */
  readonly expiresS: number | null;
}

/** Which data a set is: named in incidents, so that a verdict can be checked later. */
export interface RpkiVersion {
  /** Names the run of whoever numbers the sets; decimal digits, since Routinator's goes to 2^64 - 1. */
  readonly session: string;
  readonly serial: number;
  /** When the validator last vouched for this data, Unix seconds; 0 when unknown. */
  readonly generatedS: number;
}

export const NO_VERSION: RpkiVersion = { session: '0', serial: 0, generatedS: 0 };

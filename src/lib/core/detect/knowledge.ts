import type { Watcher } from '../watch/watcher.ts';
import type { VolumeAlarms } from './volume-alarms.ts';

/** What the detectors may be told from outside. Every part is optional; without it the rules that need it stay silent. */

export type RovState = 'valid' | 'invalid' | 'not-found' | 'unknown';

/** One VRP consulted, for the evidence. */
export interface ConsultedVrp {
  readonly prefix: string;
  readonly maxLength: number;
  readonly asn: number;
}

/** Route origin validation, RFC 6811. `unknown`: no validator, or its data is stale. */
export interface RovVerdict {
  readonly state: RovState;
  /** Why it is invalid: no covering VRP names the origin, or one does but the prefix is longer than allowed. */
  readonly reason?: 'as' | 'length';
  readonly vrps: readonly ConsultedVrp[];
}

export interface Knowledge {
  /** `prefix` is CIDR text. */
  readonly rov?: (prefix: string, origin: number) => RovVerdict;
  /** Whether `rov` would say `invalid`, without the reasons: asked for every route. `words[at .. at + 4)` is the address. */
  readonly isRovInvalid?: (
    isV6: boolean,
    bits: number,
    words: ArrayLike<number>,
    at: number,
    origin: number,
  ) => boolean;
  /** Which VRPs these were, for the evidence. */
  readonly vrpSerial?: string | null;
  /** ASPA verification of a path (draft-ietf-sidrops-aspa-verification); hops nearest first, prepends removed. */
  readonly aspa?: (hops: readonly number[], hasSet: boolean) => 'valid' | 'invalid' | 'unknown';
  /** The organisation that holds an AS, as some id; null when not known. */
  readonly orgOf?: (asn: number) => string | null;
  /** ISO country code; null when not known. */
  readonly countryOf?: (asn: number) => string | null;
  /** `provider`: a is the provider of b. `customer`: a is the customer of b. Null when not known. */
  readonly relation?: (a: number, b: number) => 'provider' | 'customer' | 'peer' | null;
  /** Networks that protect others by announcing their prefixes (anti-DDoS). */
  readonly isMitigator?: (asn: number) => boolean;
  /** Whether the baseline is a full table: only then does "not announced before" mean unannounced space. */
  readonly hasFullTable?: boolean;
  /** What somebody says about their own prefixes and ASes. The engine steps it; others may ask it. */
  readonly watch?: Watcher;
  /** What trained models say about the volume of updates. */
  readonly volume?: VolumeAlarms;
}

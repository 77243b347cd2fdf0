import type { EventPhase } from './event.ts';

/** How what there was before a recording's window came about. */
export interface BaselineFacts {
  readonly rule: string;
  readonly routes: number;
  readonly prefixes: number;
  /** Files it was read from, the first and the last of them, and a SHA-256 (hex) over all their SHA-256. */
  readonly files: number;
  readonly firstFile: string;
  readonly lastFile: string;
  readonly sha256: string;
}

/** What a recording says about itself: the manifest of its frame log (docs/wire.md §8, docs/events.md). */
export interface RecordingManifest {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** Collectors it has elems of. */
  readonly collectors: readonly string[];
  /** The window, ISO 8601 UTC: from `from` on, before `to`. */
  readonly from: string;
  readonly to: string;
  /** Time of the first and of the last elem, Unix microseconds. */
  readonly firstUs: number;
  readonly lastUs: number;
  readonly moments: readonly EventPhase[];
  readonly counts: RecordingCounts;
  /** How the elems were chosen and what was left out. */
  readonly selection: RecordingSelection;
  readonly source: {
    readonly name: string;
    readonly url: string;
    readonly credit: string;
    readonly files: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[];
  };
  /** How it is known what there was before the window; null when it is not. */
  readonly baseline: BaselineFacts | null;
  /** VRPs and ASPAs of the time of the event; null when there are none of that time. */
  readonly rpki: RecordingRpki | null;
  readonly versions: {
    /** RULES_VERSION (core/detect/version.ts) at the time of the building. */
    readonly rules: number;
    /** Version of the shipped models; null without models. */
    readonly model: string | null;
  };
  /** SHA-256 (hex) of the frames' bytes, one after the other, without their length prefixes. */
  readonly framesSha256: string;
  readonly references: readonly string[];
  readonly builder: { readonly name: string; readonly version: string };
}

/** A snapshot, cut down to what can matter to the recording's prefixes. */
export interface RecordingRpki {
  /** When the validator made it, ISO 8601 UTC. */
  readonly generated: string;
  readonly vrps: number;
  readonly aspas: number;
  /** The compact form (docs/rpki.md) in base64. */
  readonly compact: string;
}

export interface RecordingCounts {
  readonly elems: number;
  readonly messages: number;
  readonly announcements: number;
  readonly withdrawals: number;
  readonly stateChanges: number;
  /** Table entries: what there was before the window, or in the middle of it as the source has them. */
  readonly tableEntries: number;
  readonly vantages: number;
}

export interface RecordingSelection {
  readonly rule: string;
  readonly vantagesInWindow: number;
  readonly elemsInWindow: number;
  /** Vantages left out whole, as `collector address ASN`; every update of the others is in. */
  readonly left: readonly string[];
  readonly frameElems: number;
}

import type { UpdateStats } from '../bgp/update.ts';
import type { ErrorCode } from '../error.ts';

/** One damaged record, kept as evidence. */
export interface DamagedRecord {
  /** Byte offset of the record's header in the decompressed stream. */
  readonly offset: number;
  readonly code: ErrorCode;
  readonly detail: string;
}

/** Damaged records kept with their offset; the rest are only counted. */
export const MAX_DAMAGED_KEPT = 20;
/** Distinct type/subtype pairs counted apart; the rest under `other`. */
const MAX_UNSUPPORTED_KINDS = 64;

/** What an `MrtDecoder` has read so far. */
export class MrtStats {
  /** Bytes handed in. */
  bytes = 0;
  /** Complete records, damaged and unsupported ones included. */
  records = 0;
  elems = 0;
  opens = 0;
  keepalives = 0;
  notifications = 0;
  routeRefreshes = 0;
  /** BGP messages of a type that no RFC knows. */
  otherMessages = 0;
  stateChanges = 0;
  /** Table dump entries: one route of one peer. */
  ribEntries = 0;
  /** Of those, left out because their attributes were malformed. */
  ribEntriesMalformed = 0;
  peerIndexTables = 0;
  damaged = 0;
  readonly damagedByCode: Partial<Record<ErrorCode, number>> = {};
  readonly firstDamaged: DamagedRecord[] = [];
  unsupported = 0;
  /** By `type/subtype` as numbers, e.g. `13/7`. */
  readonly unsupportedKinds: Record<string, number> = {};
  /** UPDATE counters: `updates`, `endOfRib`, `treatAsWithdraw`, … */
  readonly update: UpdateStats;
  #unsupportedCount = 0;

  constructor(update: UpdateStats) {
    this.update = update;
  }

  /** Count a record that was skipped because of `code`. */
  noteDamaged(offset: number, code: ErrorCode, detail: string): void {
    this.damaged++;
    this.damagedByCode[code] = (this.damagedByCode[code] ?? 0) + 1;
    if (this.firstDamaged.length < MAX_DAMAGED_KEPT) this.firstDamaged.push({ offset, code, detail });
  }

  /** Count a record of a kind that gives no elems. */
  noteUnsupported(type: number, subtype: number): void {
    this.unsupported++;
    const name = `${type}/${subtype}`;
    const known = this.unsupportedKinds[name];
    if (known === undefined && this.#unsupportedCount++ >= MAX_UNSUPPORTED_KINDS) {
      this.unsupportedKinds.other = (this.unsupportedKinds.other ?? 0) + 1;
    } else {
      this.unsupportedKinds[name] = (known ?? 0) + 1;
    }
  }
}

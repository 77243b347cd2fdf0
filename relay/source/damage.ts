import type { ErrorCode } from '#core/error.ts';

/** Entries described one by one; the rest is only counted. */
const MAX_DESCRIBED = 20;

export interface DamageNote {
  readonly code: ErrorCode;
  /** Where: a byte offset in the decompressed stream, a line number or a frame number from 1. */
  readonly at: number;
  readonly detail: string;
}

/** What could not be read in a file: counted by code, the first few described. */
export class Damage {
  readonly countByCode = new Map<ErrorCode, number>();
  readonly first: DamageNote[] = [];

  get total(): number {
    let total = 0;
    for (const count of this.countByCode.values()) total += count;
    return total;
  }

  /** Take over the counts of a decoder that keeps its own. */
  replace(countByCode: Partial<Record<ErrorCode, number>>, first: readonly DamageNote[]): void {
    this.countByCode.clear();
    for (const [code, count] of Object.entries(countByCode)) this.countByCode.set(code as ErrorCode, count);
    this.first.splice(0, Infinity, ...first.slice(0, MAX_DESCRIBED));
  }

  add(code: ErrorCode, at: number, detail: string): void {
    this.countByCode.set(code, (this.countByCode.get(code) ?? 0) + 1);
    if (this.first.length < MAX_DESCRIBED) this.first.push({ code, at, detail });
  }
}

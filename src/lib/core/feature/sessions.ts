import { PEER_STATE } from '../elem/batch.ts';
import { OUTCOME } from '../rib/outcome.ts';

/** When a vantage is taken to be sending its table. Values as the detectors have them (`detect/params.ts`). */
export interface TransferParams {
  readonly transferFreshPerMinute: number;
  readonly transferMaxS: number;
}

/**
 * By vantage: whether its session is up, and whether what it says is its table rather than its news. A table is what comes
 * after a session came up, and what more new routes in a minute are than any event makes a vantage say. One entry per
 * vantage, which the routing state bounds.
 */
export class Sessions {
  readonly #params: TransferParams;
  #isDown = new Uint8Array(64);
  /** Times the session left `established`: routes withdrawn before are another session's. */
  #epoch = new Uint32Array(64);
  #transferUntilUs = new Float64Array(64);
  #minute = new Float64Array(64);
  #fresh = new Uint32Array(64);

  constructor(params: TransferParams) {
    this.#params = params;
  }

  /** Room for vantages below `count`. */
  reserve(count: number): void {
    if (count <= this.#epoch.length) return;
    const size = Math.max(count, this.#epoch.length * 2);
    const grown = <A extends Uint8Array | Uint32Array | Float64Array>(next: A, from: A): A => {
      next.set(from);
      return next;
    };
    this.#isDown = grown(new Uint8Array(size), this.#isDown);
    this.#epoch = grown(new Uint32Array(size), this.#epoch);
    this.#transferUntilUs = grown(new Float64Array(size), this.#transferUntilUs);
    this.#minute = grown(new Float64Array(size), this.#minute);
    this.#fresh = grown(new Uint32Array(size), this.#fresh);
  }

  epoch(vantage: number): number {
    return this.#epoch[vantage]!;
  }

  isDown(vantage: number): boolean {
    return this.#isDown[vantage] === 1;
  }

  /** Whether any of what the vantage said from `fromUs` on was its table. */
  isTransferSince(vantage: number, fromUs: number): boolean {
    return this.#transferUntilUs[vantage]! > fromUs;
  }

  /** Take in a state change, old state << 8 | new state. @returns whether it is a reset: the end of an established session. */
  state(vantage: number, change: number, nowUs: number): boolean {
    if ((change & 0xff) === PEER_STATE.established) {
      this.#up(vantage, nowUs);
      return false;
    }
    this.#isDown[vantage] = 1;
    this.#epoch[vantage]!++;
    return change >>> 8 === PEER_STATE.established;
  }

  #up(vantage: number, nowUs: number): void {
    this.#isDown[vantage] = 0;
    this.#transferUntilUs[vantage] = nowUs + this.#params.transferMaxS * 1e6;
  }

  /** Take in an announcement or withdrawal. @returns `ROUTE.table` for one of a table, `ROUTE.recognised` for the first. */
  route(vantage: number, outcome: number, nowUs: number): number {
    // It speaks, so it is up, whatever was not heard of it.
    if (this.#isDown[vantage] === 1) this.#up(vantage, nowUs);
    const isTable = nowUs < this.#transferUntilUs[vantage]!;
    if (outcome !== OUTCOME.fresh) return isTable ? ROUTE.table : ROUTE.news;
    const minute = Math.floor(nowUs / 60e6);
    if (minute !== this.#minute[vantage]) {
      this.#minute[vantage] = minute;
      this.#fresh[vantage] = 0;
    }
    if (++this.#fresh[vantage]! >= this.#params.transferFreshPerMinute) {
      this.#transferUntilUs[vantage] = Math.max(this.#transferUntilUs[vantage]!, (minute + 2) * 60e6);
      return isTable ? ROUTE.table : ROUTE.recognised;
    }
    return isTable ? ROUTE.table : ROUTE.news;
  }

  clear(): void {
    this.#isDown.fill(0);
    this.#epoch.fill(0);
    this.#transferUntilUs.fill(0);
    this.#minute.fill(0);
    this.#fresh.fill(0);
  }
}

/** What an announcement or withdrawal is: news, part of a table, or the one by which a table was recognised. */
export const ROUTE = { news: 0, table: 1, recognised: 2 } as const;

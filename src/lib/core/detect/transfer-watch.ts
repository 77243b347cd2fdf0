import { PEER_STATE } from '../elem/batch.ts';
import { OUTCOME } from '../rib/outcome.ts';
import type { DetectParams } from './params.ts';

interface Session {
  /** Until when what it says is its table, Unix microseconds. */
  transferUntilUs: number;
  minute: number;
  freshInMinute: number;
}

/**
 * Tells a vantage's table from its news: after its session came up, and while it says more new routes a minute than any
 * event makes it say. One entry per vantage, which the routing state bounds.
 */
export class TransferWatch {
  readonly #params: DetectParams;
  readonly #sessions = new Map<number, Session>();

  constructor(params: DetectParams) {
    this.#params = params;
  }

  state(vantage: number, change: number, timeUs: number): void {
    if ((change & 0xff) !== PEER_STATE.established) return;
    this.#session(vantage).transferUntilUs = timeUs + this.#params.transferMaxS * 1e6;
  }

  /** Note an announcement. @returns whether it belongs to a table transfer. */
  announce(vantage: number, outcome: number, timeUs: number): boolean {
    const session = this.#session(vantage);
    if (outcome === OUTCOME.fresh) {
      const minute = Math.floor(timeUs / 60e6);
      if (minute !== session.minute) {
        session.minute = minute;
        session.freshInMinute = 0;
      }
      if (++session.freshInMinute >= this.#params.transferFreshPerMinute) {
        session.transferUntilUs = Math.max(session.transferUntilUs, (minute + 2) * 60e6);
      }
    }
    return timeUs < session.transferUntilUs;
  }

  #isNow(session: Session | undefined): boolean {
    return session !== undefined && this.#nowUs < session.transferUntilUs;
  }

  #nowUs = 0;

  tick(timeUs: number): void {
    this.#nowUs = timeUs;
  }

  /** Whether the vantage is sending its table, as of the last tick. */
  isTransfer(vantage: number): boolean {
    return this.#isNow(this.#sessions.get(vantage));
  }

  #session(vantage: number): Session {
    let session = this.#sessions.get(vantage);
    if (!session) {
      session = { transferUntilUs: 0, minute: -1, freshInMinute: 0 };
      this.#sessions.set(vantage, session);
    }
    return session;
  }
}

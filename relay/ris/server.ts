/** Counters of the RIS Live server since the start. */
export interface RisServerStats {
  readonly clients: number;
  readonly subscriptions: number;
  /** RIS messages encoded: once per message and form, however many clients. */
  readonly encodes: number;
  readonly sentMessages: number;
  readonly sentBytes: number;
  readonly tooSlow: number;
  readonly badRequests: number;
}

export class RisServer {
  stats(): RisServerStats {
    return {
      clients: 0,
      subscriptions: 0,
      encodes: 0,
      sentMessages: 0,
      sentBytes: 0,
      tooSlow: 0,
      badRequests: 0,
    };
  }
}

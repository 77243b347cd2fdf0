import type { UpdateStats } from '../bgp/update.ts';

/** What a `BmpDecoder` has read so far. */
export class BmpStats {
  /** Bytes handed in. */
  bytes = 0;
  /** Complete messages, damaged and skipped ones included. */
  messages = 0;
  elems = 0;
  routeMonitoring = 0;
  peerUp = 0;
  peerDown = 0;
  initiation = 0;
  termination = 0;
  /** Statistics reports and route mirroring (RFC 7854 §4.7, §4.8): they carry no routes of a view. */
  statistics = 0;
  routeMirroring = 0;
  /** Messages of a type that no RFC knows. */
  otherMessages = 0;
  damaged = 0;
  /** UPDATE counters. `addPathGuesses` counts NLRI that only made sense read the other way than was agreed. */
  readonly update: UpdateStats;

  constructor(update: UpdateStats) {
    this.update = update;
  }
}

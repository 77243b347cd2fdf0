import type { Gap, ServerMessage } from '#core/wire/control.ts';
import type { FilterGroup } from './group.ts';
import { withPrev } from './encode.ts';
import type { CountHistory } from './history.ts';
import type { FrameRing } from './ring.ts';

/** The part of a WebSocket a client needs; `sent`, when given, is called once the bytes left for the kernel, or failed to. */
export interface ClientSocket {
  /** Bytes accepted but not yet taken by the kernel. */
  readonly bufferedAmount: number;
  sendText(text: string): void;
  sendFrame(frame: Uint8Array, sent: (() => void) | undefined): void;
  close(code: number, reason: string): void;
}

export interface ClientLimits {
  /** A client with more than this waiting in its socket is left alone until it drains. */
  readonly highWaterBytes: number;
  /** A client that lost frames this many times without catching up in between is closed (1013). */
  readonly maxGaps: number;
  /** A client whose socket took nothing for this long while something waited is closed (1013). */
  readonly stallMs: number;
  /** Milliseconds of filtering for one client before the others get their turn. */
  readonly turnMs: number;
}

export const CLIENT_LIMITS: ClientLimits = {
  highWaterBytes: 1024 * 1024,
  maxGaps: 8,
  stallMs: 30_000,
  turnMs: 8,
};

/**
 * With less than this share of the high water mark waiting, nobody needs to hear when a frame has left: the next frame finds
 * the socket empty enough. A callback for every frame and client costs a tenth of the whole fan-out.
 */
const QUIET_SHARE = 1 / 16;

/** Where a client begins. `at` is the seq before the first it wants; `known` whether it has really seen that one. */
export interface ClientStart {
  readonly at: number;
  readonly isKnown: boolean;
}

/** What the clients share. */
export interface ClientStream {
  readonly ring: FrameRing;
  readonly counts: CountHistory;
  /** Totals over all clients. */
  readonly totals: { frames: number; bytes: number; gaps: number; lostFrames: number; lostElems: number };
}

/**
 * One client of the binary stream: a position in the ring. Frames are never queued for a client; when its socket has room it
 * is given the next ones, and when the ring has let them go it is told how many it lost, in their place.
 */
export class StreamClient {
  readonly #socket: ClientSocket;
  readonly #stream: ClientStream;
  readonly #limits: ClientLimits;
  #group: FilterGroup | null;
  /** Newest seq dealt with: sent, passed over by the filter, or announced as lost. */
  #at: number;
  /** What the client will compare the next frame's `prev` with; null before its first frame. */
  #last: number | null;
  #gapReason: Gap['reason'];
  #gapsInARow = 0;
  /** When the socket was last seen to take something. */
  #drainedMs = performance.now();
  #hasDrained = false;
  #isTurnOver = false;
  #isClosed = false;
  frames = 0;
  lostFrames = 0;
  lostElems = 0;

  constructor(
    socket: ClientSocket,
    stream: ClientStream,
    group: FilterGroup | null,
    start: ClientStart,
    limits: ClientLimits = CLIENT_LIMITS,
  ) {
    this.#socket = socket;
    this.#stream = stream;
    this.#group = group;
    this.#limits = limits;
    this.#at = start.at;
    this.#last = start.isKnown ? start.at : null;
    this.#gapReason = start.isKnown ? 'evicted' : 'slow';
  }

  get group(): FilterGroup | null {
    return this.#group;
  }

  /** Newest seq dealt with. */
  get at(): number {
    return this.#at;
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  /** Change the filter from the next frame on. */
  setGroup(group: FilterGroup | null): void {
    this.#group = group;
  }

  send(message: ServerMessage): void {
    if (!this.#isClosed) this.#socket.sendText(JSON.stringify(message));
  }

  /** A message that may be skipped: not sent while the client is behind. @param text JSON, shared by all clients. */
  sendStatus(text: string): void {
    if (!this.#isClosed && this.#socket.bufferedAmount <= this.#limits.highWaterBytes)
      this.#socket.sendText(text);
  }

  close(code: number, reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close(code, reason);
  }

  /** The socket is gone. */
  end(): void {
    this.#isClosed = true;
  }

  /** Send what the client has not got yet, as far as its socket takes it. */
  pump(): void {
    if (this.#isTurnOver) return;
    const { ring } = this.#stream;
    const startedMs = this.#group ? performance.now() : 0;
    while (!this.#isClosed && this.#at < ring.newest) {
      const waitingBytes = this.#socket.bufferedAmount;
      if (waitingBytes === 0) this.#hasDrained = true;
      if (waitingBytes > this.#limits.highWaterBytes) return;
      if (this.#at + 1 < ring.oldest) this.#tellGap(ring.oldest - 1);
      else this.#sendNext(waitingBytes);
      if (this.#group && performance.now() - startedMs > this.#limits.turnMs) return this.#yieldTurn();
    }
    if (this.#at === ring.newest) {
      this.#gapsInARow = 0;
      this.#gapReason = 'slow';
    }
  }

  /** Call now and then: closes a client that takes nothing. */
  checkStall(nowMs = performance.now()): void {
    if (this.#hasDrained || this.#socket.bufferedAmount === 0) this.#drainedMs = nowMs;
    else if (nowMs - this.#drainedMs > this.#limits.stallMs)
      this.close(1013, 'nothing was taken for too long');
    this.#hasDrained = false;
  }

  #sendNext(waitingBytes: number): void {
    const { ring, totals } = this.#stream;
    const entry = ring.get(++this.#at)!;
    let { frame } = entry;
    let prev = entry.seq - 1;
    if (this.#group) {
      const narrowed = this.#group.narrow(entry);
      if (!narrowed) return;
      ({ frame, prev } = narrowed);
    }
    // Shared by all clients, but for those whose last frame was another one: they came back, lost some, or changed the filter.
    if (this.#last !== null && this.#last !== prev) frame = withPrev(frame, this.#last);
    this.#last = entry.seq;
    this.frames++;
    totals.frames++;
    totals.bytes += frame.length;
    const isQuiet =
      this.#at === ring.newest && waitingBytes + frame.length <= this.#limits.highWaterBytes * QUIET_SHARE;
    this.#socket.sendFrame(frame, isQuiet ? undefined : this.#onSent);
  }

  readonly #onSent = (): void => {
    this.#hasDrained = true;
    if (this.#at < this.#stream.ring.newest) this.pump();
  };

  #tellGap(to: number): void {
    const from = this.#at + 1;
    const lost = (this.#group ?? this.#stream.counts).between(from, to);
    this.#at = to;
    // Nothing the filter lets through was among them: nothing was lost.
    if (lost?.frames === 0) return;
    this.#last = to;
    const { totals } = this.#stream;
    totals.gaps++;
    totals.lostFrames += lost?.frames ?? 0;
    totals.lostElems += lost?.elems ?? 0;
    this.lostFrames += lost?.frames ?? 0;
    this.lostElems += lost?.elems ?? 0;
    const frames = lost?.frames ?? null;
    this.send({ type: 'gap', reason: this.#gapReason, from, to, frames, elems: lost?.elems ?? null });
    if (++this.#gapsInARow > this.#limits.maxGaps) this.close(1013, 'too slow for this stream');
  }

  #yieldTurn(): void {
    this.#isTurnOver = true;
    setImmediate(() => {
      this.#isTurnOver = false;
      this.pump();
    });
  }
}

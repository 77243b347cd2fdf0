import type { Segment } from './tcp.ts';

/** Segments that wait for one before them, and their octets, in one direction of a connection. */
const MAX_WAITING = 1024;
const MAX_WAITING_BYTES = 4 * 1024 * 1024;

/**
 * Puts one direction of a TCP connection back in order (RFC 9293 §3.4). A segment the capture missed is waited for until
 * too much waits behind it; then the stream goes on after the hole, which is counted.
 */
export class Reassembly {
  readonly #onBytes: (bytes: Uint8Array, isAfterHole: boolean) => void;
  readonly #waiting = new Map<number, Uint8Array>();
  #waitingBytes = 0;
  #next: number | null = null;
  holes = 0;

  constructor(onBytes: (bytes: Uint8Array, isAfterHole: boolean) => void) {
    this.#onBytes = onBytes;
  }

  take({ seq, isSyn, payload }: Segment): void {
    if (isSyn) {
      // A new connection between the same ports.
      this.#waiting.clear();
      this.#waitingBytes = 0;
      this.#next = (seq + 1) >>> 0;
      return;
    }
    if (payload.length === 0) return;
    this.#next ??= seq;
    this.#accept(seq, payload);
    while (this.#waiting.size > MAX_WAITING || this.#waitingBytes > MAX_WAITING_BYTES) this.#skipHole();
  }

  /** The capture is over: what waits is all there will be. */
  end(): void {
    while (this.#waiting.size > 0) this.#skipHole();
  }

  #accept(seq: number, payload: Uint8Array): void {
    const ahead = (seq - this.#next!) | 0;
    if (ahead > 0) {
      if (this.#waiting.has(seq)) return;
      this.#waiting.set(seq, payload.slice());
      this.#waitingBytes += payload.length;
      return;
    }
    // Sent again, in part or whole.
    if (-ahead >= payload.length) return;
    this.#give(payload.subarray(-ahead), false);
  }

  #give(bytes: Uint8Array, isAfterHole: boolean): void {
    this.#next = (this.#next! + bytes.length) >>> 0;
    this.#onBytes(bytes, isAfterHole);
    for (let next = this.#waiting.get(this.#next); next; next = this.#waiting.get(this.#next)) {
      this.#drop(this.#next, next);
      this.#next = (this.#next + next.length) >>> 0;
      this.#onBytes(next, false);
    }
  }

  #drop(seq: number, bytes: Uint8Array): void {
    this.#waiting.delete(seq);
    this.#waitingBytes -= bytes.length;
  }

  #skipHole(): void {
    let first = -1;
    let distance = Infinity;
    for (const seq of this.#waiting.keys()) {
      const ahead = (seq - this.#next!) | 0;
      if (ahead < distance) [first, distance] = [seq, ahead];
    }
    const bytes = this.#waiting.get(first)!;
    this.#drop(first, bytes);
    // Overlaps what was given meanwhile.
    if (distance <= 0) {
      if (-distance < bytes.length) this.#give(bytes.subarray(-distance), false);
      return;
    }
    this.holes++;
    this.#next = first;
    this.#give(bytes, true);
  }
}

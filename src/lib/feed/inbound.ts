import type { FrameHeader } from '#core/wire/frame.ts';

/** What waits to be processed, in order. `gap`: something is missing here. */
export type Inbound =
  | { readonly type: 'frame'; readonly header: FrameHeader; readonly body: Uint8Array<ArrayBuffer> }
  | { readonly type: 'reset' | 'gap' };

export interface InboundLimits {
  readonly frames: number;
  /** Bytes of frame bodies, compressed. */
  readonly bytes: number;
}

export const INBOUND_LIMITS: InboundLimits = { frames: 4096, bytes: 64 * 1024 * 1024 };

/**
 * Frames received and not yet processed. When there are more than the limits allow, the oldest are dropped: what is new
 * matters more, and the hole stays visible as a gap in its place. Resets are never dropped.
 */
export class InboundQueue {
  readonly limits: InboundLimits;
  /** Told of every dropped frame; `isMore` when it was dropped right after the one before. */
  readonly #onDrop: (header: FrameHeader, isMore: boolean) => void;
  #items: Inbound[] = [];
  #start = 0;
  #frames = 0;
  #bytes = 0;
  #dropped = 0;
  #lastDropped = 0;

  constructor(limits: InboundLimits, onDrop: (header: FrameHeader, isMore: boolean) => void) {
    this.limits = limits;
    this.#onDrop = onDrop;
  }

  get frames(): number {
    return this.#frames;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get dropped(): number {
    return this.#dropped;
  }

  get isEmpty(): boolean {
    return this.#start === this.#items.length;
  }

  push(item: Inbound): void {
    // Marks side by side say no more than one.
    if (item.type !== 'frame' && !this.isEmpty && this.#items.at(-1)!.type === item.type) return;
    this.#items.push(item);
    if (item.type !== 'frame') return;
    this.#frames++;
    this.#bytes += item.body.length;
    while ((this.#frames > this.limits.frames || this.#bytes > this.limits.bytes) && this.#frames > 1)
      this.#drop();
  }

  #drop(): void {
    let at = this.#start;
    while (this.#items[at]!.type !== 'frame') at++;
    const item = this.#items[at] as Inbound & { type: 'frame' };
    this.#frames--;
    this.#bytes -= item.body.length;
    this.#dropped++;
    const isMore =
      at > this.#start && this.#items[at - 1]!.type === 'gap' && this.#lastDropped === item.header.prev;
    this.#onDrop(item.header, isMore);
    this.#lastDropped = item.header.seq;
    if (at > this.#start && this.#items[at - 1]!.type === 'gap') this.#items.splice(at, 1);
    else this.#items[at] = { type: 'gap' };
  }

  shift(): Inbound | undefined {
    const item = this.#items[this.#start];
    if (item === undefined) return undefined;
    this.#items[this.#start++] = { type: 'gap' };
    if (item.type === 'frame') {
      this.#frames--;
      this.#bytes -= item.body.length;
    }
    if (this.#start > 512 && this.#start * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#start);
      this.#start = 0;
    }
    return item;
  }
}

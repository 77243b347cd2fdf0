import type { SourceStatus } from '#core/wire/control.ts';

/** What a listener of the tee is told, in order. */
export type TeeMessage =
  /** Frames that follow are of this stream. */
  | {
      readonly type: 'source';
      readonly stream: number;
      readonly kind: SourceStatus['kind'];
      readonly label: string;
    }
  /** A frame as the relay sent it. */
  | { readonly type: 'frame'; readonly bytes: Uint8Array<ArrayBuffer> }
  /** Frames the listener will not get: it was too slow. */
  | { readonly type: 'dropped'; readonly frames: number; readonly elems: number };

/** What the listener says: begin to send (with the oldest frame kept, or with the next to come), stop, or how many it has dealt with. */
export type TeeReply =
  | { readonly type: 'start'; readonly isFromOldest: boolean }
  | { readonly type: 'stop' }
  | { readonly type: 'done'; readonly frames: number };

/** The part of a MessagePort that is needed. */
export interface TeePort {
  postMessage(message: TeeMessage): void;
  onmessage: ((event: MessageEvent) => void) | null;
  close(): void;
}

export interface TeeLimits {
  /** Frames kept for a listener, one that comes later too. */
  readonly bytes: number;
  readonly frames: number;
  /** Frames sent and not yet acknowledged. */
  readonly inFlight: number;
}

export const TEE_LIMITS: TeeLimits = { bytes: 16 * 1024 * 1024, frames: 8192, inFlight: 512 };

interface Kept {
  readonly message: TeeMessage;
  readonly bytes: number;
  readonly elems: number;
}

/**
 * A copy of the live stream for one listener in another thread (the history). The newest frames are kept as they came,
 * compressed: a listener begins with them, so that what was seen before it was there is not lost, and a slow one is waited
 * for as long as they last. Beyond that the oldest go, and the listener is told how many.
 */
export class FrameTee {
  readonly #limits: TeeLimits;
  #kept: Kept[] = [];
  #bytes = 0;
  /** Index in `#kept` of the next message to send. */
  #next = 0;
  #inFlight = 0;
  #port: TeePort | null = null;
  #isSending = false;
  #source: (TeeMessage & { type: 'source' }) | null = null;
  /** Of the oldest kept frame. */
  #oldestSource: (TeeMessage & { type: 'source' }) | null = null;
  #dropped = { frames: 0, elems: 0 };

  constructor(limits: TeeLimits = TEE_LIMITS) {
    this.#limits = limits;
  }

  /** Frames that follow are of this stream. */
  source(stream: number, { kind, label }: Pick<SourceStatus, 'kind' | 'label'>): void {
    const now = this.#source;
    if (now?.stream === stream && now.kind === kind && now.label === label) return;
    this.#source = { type: 'source', stream, kind, label };
    this.#oldestSource ??= this.#source;
    this.#keep({ message: this.#source, bytes: 0, elems: 0 });
  }

  frame(bytes: Uint8Array<ArrayBuffer>, elems: number): void {
    this.#keep({ message: { type: 'frame', bytes }, bytes: bytes.length, elems });
  }

  #keep(kept: Kept): void {
    this.#kept.push(kept);
    this.#bytes += kept.bytes;
    while (this.#bytes > this.#limits.bytes || this.#kept.length > this.#limits.frames) this.#drop();
    this.#send();
  }

  #drop(): void {
    const oldest = this.#kept.shift()!;
    this.#bytes -= oldest.bytes;
    if (oldest.message.type === 'source') this.#oldestSource = oldest.message;
    if (this.#next > 0) {
      this.#next--;
    } else if (this.#isSending && oldest.message.type === 'frame') {
      this.#dropped = { frames: this.#dropped.frames + 1, elems: this.#dropped.elems + oldest.elems };
    }
  }

  /** Let this port listen once it says so; one that did before is let go. */
  attach(port: TeePort): void {
    this.#port?.close();
    this.#port = port;
    this.#isSending = false;
    port.onmessage = ({ data }: MessageEvent<TeeReply>) => {
      if (this.#port === port) this.#take(data, port);
    };
  }

  #take(reply: TeeReply, port: TeePort): void {
    if (reply.type === 'done') this.#inFlight = Math.max(0, this.#inFlight - reply.frames);
    else this.#isSending = reply.type === 'start';
    if (reply.type === 'start') {
      this.#inFlight = 0;
      this.#dropped = { frames: 0, elems: 0 };
      this.#next = reply.isFromOldest ? 0 : this.#kept.length;
      const source = reply.isFromOldest ? this.#oldestSource : this.#source;
      if (source) port.postMessage(source);
    }
    this.#send();
  }

  #send(): void {
    const port = this.#port;
    if (!port || !this.#isSending) return;
    while (this.#next < this.#kept.length && this.#inFlight < this.#limits.inFlight) {
      if (this.#dropped.frames > 0) {
        port.postMessage({ type: 'dropped', ...this.#dropped });
        this.#dropped = { frames: 0, elems: 0 };
      }
      const { message } = this.#kept[this.#next++]!;
      if (message.type === 'frame') this.#inFlight++;
      port.postMessage(message);
    }
  }
}

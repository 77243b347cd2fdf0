import type { ElemBatch } from '#core/elem/batch.ts';
import { BgpError } from '#core/error.ts';
import { decodeBatch } from '#core/wire/batch.ts';
import type { ServerMessage, SourceStatus } from '#core/wire/control.ts';
import type { FrameHeader } from '#core/wire/frame.ts';
import { decodeFrame, FRAME_KIND, FRAME_VERSION } from '#core/wire/frame.ts';
import type { Ambience, SocketConstructor } from './connection.ts';
import { Connection } from './connection.ts';
import { parseServerMessage } from './control-message.ts';
import type { Feed, FeedEvent, FeedHealth } from './feed.ts';
import type { FrameTee } from './frame-tee.ts';
import type { Inbound, InboundLimits } from './inbound.ts';
import { INBOUND_LIMITS, InboundQueue } from './inbound.ts';
import { inflateBody } from './inflate.ts';
import { Losses } from './losses.ts';
import { Sequence } from './sequence.ts';

export interface LiveFeedOptions extends Ambience {
  /** `ws://host/stream` */
  readonly url: string;
  readonly WebSocket: SocketConstructor;
  /** Where an earlier page stopped, to tell what was missed since. */
  readonly resume?: { readonly stream: number; readonly seq: number } | null;
  /** Frames of the past to begin with. */
  readonly backfill?: number;
  readonly silenceMs?: number;
  readonly limits?: InboundLimits;
  /** Given a copy of every frame, once. */
  readonly tee?: FrameTee;
}

/** Frames being inflated at a time: enough to keep the threads behind DecompressionStream busy. */
const AHEAD = 4;

interface Ahead {
  readonly item: Inbound;
  readonly raw: Promise<Uint8Array> | null;
}

/** The relay's `/stream` as a feed (docs/wire.md): reconnects, resumes, decodes in order, accounts for every frame. */
export class LiveFeed implements Feed {
  readonly #options: LiveFeedOptions;
  readonly #connection: Connection;
  readonly #sequence: Sequence;
  readonly #losses = new Losses();
  readonly #queue: InboundQueue;
  readonly #ahead: Ahead[] = [];
  readonly #badByCode = new Map<string, number>();
  /** Milliseconds spent decoding so far. */
  decodeMs = 0;
  #wake: (() => void) | null = null;
  #isClosed = false;
  #hasStatus = false;
  #isAfterGap = false;
  #source: SourceStatus | null = null;
  #lastHeardMs: number | null = null;
  #lastUs: number | null = null;
  #frames = 0;
  #bytes = 0;

  constructor(options: LiveFeedOptions) {
    this.#options = options;
    this.#sequence = new Sequence(options.resume ?? null);
    this.#queue = new InboundQueue(options.limits ?? INBOUND_LIMITS, (header, isMore) =>
      this.#noteDrop(header, isMore),
    );
    this.#connection = new Connection({
      WebSocket: options.WebSocket,
      nowMs: options.nowMs,
      random: options.random,
      silenceMs: options.silenceMs ?? 5000,
      url: () => this.#url(),
      onMessage: (data) => this.#receive(data),
      onChange: () => this.#tellStatus(),
    });
    this.#connection.start();
  }

  #url(): string {
    const url = new URL(this.#options.url);
    url.searchParams.set('backfill', String(this.#options.backfill ?? 2000));
    const { stream, last } = this.#sequence;
    if (stream !== null && last !== null) {
      url.searchParams.set('after', String(last));
      url.searchParams.set('stream', String(stream));
    }
    return url.href;
  }

  #receive(data: string | Uint8Array<ArrayBuffer>): void {
    this.#lastHeardMs = this.#options.nowMs();
    try {
      if (typeof data === 'string') this.#takeMessage(parseServerMessage(data));
      else this.#takeFrame(data);
    } catch (error) {
      this.#noteBad(error);
      if (typeof data !== 'string') this.#sequence.unreadable();
    }
    this.#rouse();
  }

  #takeMessage(message: ServerMessage): void {
    switch (message.type) {
      case 'hello':
        return this.#takeHello(message);
      case 'status':
        this.#source = message.source;
        this.#nameSource(message.source);
        return this.#tellStatus();
      case 'gap':
        this.#losses.note(message, this.#lastUs);
        this.#sequence.told(message);
        return this.#queue.push({ type: 'gap' });
      case 'error':
        this.#connection.reason = message.detail;
    }
  }

  #takeHello(message: ServerMessage & { type: 'hello' }): void {
    if (message.version !== FRAME_VERSION) {
      this.#connection.refuse(
        `the relay speaks version ${message.version}, this page ${FRAME_VERSION}: reload it`,
      );
      return;
    }
    this.#source = message.source;
    this.#options.tee?.source(message.stream, message.source);
    const { isOther, gap } = this.#sequence.hello(message.stream);
    if (gap) this.#losses.note(gap, null);
    // Another run of a replay plays it from another place: nothing of the old pass is to be mixed with it.
    if (isOther) this.#queue.push({ type: message.source.kind === 'replay' ? 'reset' : 'gap' });
    this.#connection.proven();
  }

  #nameSource(source: SourceStatus): void {
    const { stream } = this.#sequence;
    if (stream !== null) this.#options.tee?.source(stream, source);
  }

  #takeFrame(bytes: Uint8Array<ArrayBuffer>): void {
    this.#frames++;
    this.#bytes += bytes.length;
    const { header, body } = decodeFrame(bytes);
    if (header.stream !== this.#sequence.stream) {
      throw new BgpError(
        'WIRE_BAD_FRAME',
        `frame of stream ${header.stream} in stream ${this.#sequence.stream ?? '?'}`,
      );
    }
    const place = this.#sequence.frame(header);
    if (place.verdict === 'repeat') return;
    this.#options.tee?.frame(bytes, header.elems);
    if (place.verdict === 'gap') {
      this.#losses.note(place.gap, this.#lastUs);
      this.#queue.push({ type: 'gap' });
    }
    if (header.kind === FRAME_KIND.reset) {
      this.#lastUs = null;
      this.#queue.push({ type: 'reset' });
      return;
    }
    this.#lastUs = header.lastUs;
    this.#queue.push({ type: 'frame', header, body: body as Uint8Array<ArrayBuffer> });
  }

  #noteDrop({ seq, elems, firstUs }: FrameHeader, isMore: boolean): void {
    if (isMore) this.#losses.extend(seq, elems);
    else this.#losses.note({ reason: 'slow', from: seq, to: seq, frames: 1, elems }, firstUs);
  }

  #noteBad(error: unknown): void {
    if (!(error instanceof BgpError)) throw error;
    this.#badByCode.set(error.code, (this.#badByCode.get(error.code) ?? 0) + 1);
  }

  #tellStatus(): void {
    this.#hasStatus = true;
    this.#rouse();
  }

  #rouse(): void {
    this.#wake?.();
    this.#wake = null;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<FeedEvent, void, undefined> {
    while (!this.#isClosed) {
      if (this.#hasStatus) {
        this.#hasStatus = false;
        yield { type: 'status' };
        continue;
      }
      this.#lookAhead();
      const next = this.#ahead[0];
      if (next === undefined) {
        await new Promise<void>((resolve) => (this.#wake = resolve));
        continue;
      }
      const event = await this.#open(next);
      this.#ahead.shift();
      if (event !== null && !this.#isClosed) yield event;
    }
  }

  /** Start inflating the next frames, in order. */
  #lookAhead(): void {
    while (this.#ahead.length < AHEAD) {
      const item = this.#queue.shift();
      if (item === undefined) return;
      const raw = item.type === 'frame' ? inflateBody(item.header, item.body) : null;
      raw?.catch(() => undefined); // told when its turn comes
      this.#ahead.push({ item, raw });
    }
  }

  async #open({ item, raw }: Ahead): Promise<FeedEvent | null> {
    if (item.type === 'reset') {
      this.#isAfterGap = false;
      return { type: 'reset' };
    }
    const batch = raw === null ? null : await this.#decode(raw);
    if (batch === null) {
      this.#isAfterGap = true;
      return null;
    }
    if (batch.length === 0) return null;
    const isAfterGap = this.#isAfterGap;
    this.#isAfterGap = false;
    return { type: 'batch', batch, isAfterGap };
  }

  async #decode(raw: Promise<Uint8Array>): Promise<ElemBatch | null> {
    try {
      const bytes = await raw;
      const startMs = performance.now();
      const batch = decodeBatch(bytes);
      this.decodeMs += performance.now() - startMs;
      return batch;
    } catch (error) {
      this.#noteBad(error);
      return null;
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#connection.close();
    this.#rouse();
  }

  /** Frames received and not yet handed out, their bound, and how many were dropped at it. */
  queue(): { frames: number; limit: number; dropped: number } {
    const { frames, dropped, limits } = this.#queue;
    return { frames: frames + this.#ahead.length, limit: limits.frames, dropped };
  }

  /** Bad frames and messages by their code. */
  get badByCode(): ReadonlyMap<string, number> {
    return this.#badByCode;
  }

  health(): FeedHealth {
    const { state, reason, retryAtMs, reconnects } = this.#connection;
    const { gapCount, lostFrames, lostElems, gaps } = this.#losses;
    let badFrames = 0;
    for (const count of this.#badByCode.values()) badFrames += count;
    return {
      connection: state,
      retryAtMs,
      reason,
      stream: this.#sequence.stream,
      seq: this.#sequence.last ?? 0,
      source: this.#source,
      lastHeardMs: this.#lastHeardMs,
      frames: this.#frames,
      bytes: this.#bytes,
      badFrames,
      reconnects,
      gapCount,
      lostFrames,
      lostElems,
      gaps,
    };
  }
}

import { BgpError } from '#core/error.ts';
import { decodeBatch } from '#core/wire/batch.ts';
import type { FrameHeader } from '#core/wire/frame.ts';
import { decodeFrame, FRAME_KIND } from '#core/wire/frame.ts';
import type { TeeReply, TeeMessage } from '../lib/feed/frame-tee.ts';
import { inflateBody } from '../lib/feed/inflate.ts';
import type { Engine, Writer } from '../lib/store/history/engine.ts';
import { countElems, encodeElems } from '../lib/store/history/elem-arrow.ts';
import { isQuotaExceeded } from '../lib/store/history/failure.ts';
import { PassCover } from '../lib/store/history/pass-cover.ts';
import type { Range } from '../lib/store/history/ranges.ts';
import { Ranges } from '../lib/store/history/ranges.ts';
import { literal } from '../lib/store/history/schema.ts';
import type { RecordingHealth } from './api-history.ts';
import type { Pending } from './history-pending.ts';
import { emptyPending } from './history-pending.ts';

/** Elems are written together: at so many, or so long after the first of them came. */
const FLUSH_ELEMS = 10_000;
const FLUSH_MS = 1000;
/** A write that failed is tried so many times in all. */
const MAX_TRIES = 3;
/** After the engine was lost it is looked for again at once, then so much later, and each time twice as long, up to the last. */
const RESUME_MS = 1000;
const MAX_RESUME_MS = 20_000;
/** Streams whose frames are remembered: runs of the relay, newest last. */
const MAX_STREAMS = 32;
/** Recordings played by the relay whose covered times are remembered. */
const MAX_SOURCES = 64;

/** The port's other end. */
interface ListenerPort {
  postMessage(message: TeeReply): void;
  onmessage: ((event: MessageEvent) => void) | null;
}

export interface RecorderOptions {
  readonly engine: Pick<Engine, 'rows' | 'write'>;
  readonly nowMs: () => number;
  /** Make room if there is none left; `isRefused`: the browser has said so. */
  readonly makeRoom: (isRefused: boolean) => Promise<void>;
  /** Replaced by tests. */
  readonly wait?: (ms: number) => Promise<void>;
  /** Elems that are safe now, with their first and last time. */
  readonly onWritten: (elems: number, fromUs: number, toUs: number) => void;
  readonly onChange: () => void;
}

/**
 * Writes the live stream into the history: each frame once, whoever brings it. Frames that were written are known by stream
 * and number, and passes of a recording by the times they cover; both are written in the transaction of their elems.
 */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #frames = new Map<number, Ranges>();
  readonly #passes = new Map<string, PassCover>();
  #port: ListenerPort | null = null;
  #queue: Promise<void> = Promise.resolve();
  #pending = emptyPending();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #source: (TeeMessage & { type: 'source' }) | null = null;
  /** The newest frame taken. A reset has no time: 0. */
  #last: { stream: number; seq: number; us: number; isKnown: boolean } | null = null;
  readonly #badByCode = new Map<string, number>();
  #elems = 0;
  #repeated = 0;
  #droppedElems = 0;
  #droppedFrames = 0;
  #flushedAtMs: number | null = null;
  #reason = '';
  #wasStopped = false;
  #isListening = false;
  /** Why the engine was lost, until it is there again; and losses since the newest write that got through. */
  #loss: BgpError | null = null;
  #losses = 0;
  /** Streams whose next frame tells what was lost for good. */
  readonly #resumed = new Set<number>();
  /** Newest frame of each stream before the newest loss. */
  readonly #seen = new Map<number, number>();

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** Read what has been written before. */
  async open(): Promise<void> {
    this.#frames.clear();
    this.#passes.clear();
    const { engine } = this.#options;
    for (const row of await engine.rows('SELECT * FROM recorded_frames ORDER BY rowid')) {
      this.#rangesOf(Number(row['stream'])).add(Number(row['from_seq']), Number(row['to_seq']));
    }
    const passes = new Map<string, Range[]>();
    for (const row of await engine.rows('SELECT * FROM recorded_passes')) {
      const source = String(row['source']);
      passes.set(source, [...(passes.get(source) ?? []), [Number(row['from_us']), Number(row['to_us'])]]);
    }
    for (const [source, ranges] of passes) this.#passes.set(source, new PassCover(ranges));
  }

  /** Take frames from this port from now on. */
  listen(port: ListenerPort): void {
    this.#port = port;
    this.#isListening = true;
    this.#forgetPlace();
    port.onmessage = ({ data }: MessageEvent<TeeMessage>) => {
      this.#queue = this.#queue.then(() => (this.#port === port ? this.#take(data) : undefined));
    };
    port.postMessage({ type: 'start', isFromOldest: !this.#wasStopped });
  }

  #repeat(elems: number, { stream, seq }: FrameHeader): void {
    // What was asked for again after a loss was seen before by this page itself.
    if (seq > (this.#seen.get(stream) ?? 0)) this.#repeated += elems;
  }

  #forgetPlace(): void {
    this.#source = null;
    this.#last = null;
  }

  /**
   * The engine has ended. What it had taken but not kept is not known here: when it is there again, what it has is read, and
   * everything that the other end still has is asked for once more.
   */
  lost(why: BgpError): void {
    this.#loss = why;
    this.#losses++;
    if (this.#last) this.#seen.set(this.#last.stream, this.#last.seq);
    this.#queue = this.#queue.then(() => this.#resume());
  }

  async #resume(): Promise<void> {
    for (let attempt = this.#losses; this.#loss !== null; attempt++) {
      if (attempt > 1) await this.#wait(Math.min(MAX_RESUME_MS, RESUME_MS * 2 ** (attempt - 2)));
      const why = this.#loss;
      this.#loss = null;
      try {
        await this.#options.makeRoom(isQuotaExceeded(why));
        await this.open();
      } catch (error) {
        // An engine that was lost once more has said so itself.
        this.#loss ??= error instanceof BgpError ? error : why;
        this.#reason = this.#loss.message;
      }
    }
    this.#pending = emptyPending();
    this.#forgetPlace();
    for (const stream of this.#frames.keys()) this.#resumed.add(stream);
    if (this.#isListening) this.#port?.postMessage({ type: 'start', isFromOldest: true });
  }

  #wait(ms: number): Promise<void> {
    return this.#options.wait?.(ms) ?? new Promise((resolve) => setTimeout(resolve, ms));
  }

  get isListening(): boolean {
    return this.#isListening;
  }

  health(): RecordingHealth {
    return {
      elems: this.#elems,
      repeatedElems: this.#repeated,
      droppedElems: this.#droppedElems,
      droppedFrames: this.#droppedFrames,
      bad: [...this.#badByCode].map(([code, count]) => ({ code, count })),
      flushedAtMs: this.#flushedAtMs,
      reason: this.#reason,
    };
  }

  async #take(message: TeeMessage): Promise<void> {
    if (message.type === 'source') {
      this.#source = message;
    } else if (message.type === 'dropped') {
      this.#droppedFrames += message.frames;
      this.#droppedElems += message.elems;
    } else await this.#takeFrame(message.bytes);
  }

  async #takeFrame(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#pending.frames++;
    try {
      const { header, body } = decodeFrame(bytes);
      const source = this.#source;
      if (source) await this.#takeBody(source, header, body as Uint8Array<ArrayBuffer>);
    } catch (error) {
      if (!(error instanceof BgpError)) throw error;
      this.#badByCode.set(error.code, (this.#badByCode.get(error.code) ?? 0) + 1);
    }
    if (this.#pending.elems >= FLUSH_ELEMS) await this.flush();
    else this.#schedule();
  }

  async #takeBody(
    source: TeeMessage & { type: 'source' },
    header: FrameHeader,
    body: Uint8Array<ArrayBuffer>,
  ): Promise<void> {
    const ranges = this.#rangesOf(header.stream);
    if (this.#resumed.delete(header.stream)) {
      const newest = ranges.list.at(-1)?.[1] ?? header.seq - 1;
      this.#droppedFrames += Math.max(0, header.seq - newest - 1);
    }
    const isKnown = ranges.has(header.seq);
    const cover = source.kind === 'replay' ? this.#coverOf(source.label) : null;
    if (cover && !isKnown) this.#follow(cover, header);
    this.#last = { stream: header.stream, seq: header.seq, us: header.lastUs, isKnown };
    if (isKnown) {
      this.#repeat(header.elems, header);
      return;
    }
    if (header.kind !== FRAME_KIND.reset) {
      const batch = decodeBatch(await inflateBody(header, body));
      const fresh = cover?.take(batch) ?? { rows: null, redoUs: [] };
      const slice = { batch, rows: fresh.rows, source: source.label };
      const count = countElems([slice]);
      this.#repeat(batch.length - count, header);
      if (count > 0) this.#pending.slices.push(slice);
      this.#pending.elems += count;
      this.#pending.fromUs = Math.min(this.#pending.fromUs, header.firstUs);
      this.#pending.toUs = Math.max(this.#pending.toUs, header.lastUs);
      if (fresh.redoUs.length > 0) this.#addRedo(source.label, fresh.redoUs);
    }
    ranges.add(header.seq, header.seq);
    this.#pending.streams.add(header.stream);
    if (cover) this.#pending.sources.add(source.label);
  }

  /** Tell the cover where in the recording a new frame is. */
  #follow(cover: PassCover, header: FrameHeader): void {
    const last = this.#last?.stream === header.stream ? this.#last : null;
    const isFirst = header.seq === 1 || (last?.us === 0 && last.seq === header.seq - 1);
    if (header.kind === FRAME_KIND.reset) cover.begin(false);
    else if (isFirst) cover.begin(true);
    else if (last === null) cover.begin(false);
    else if (last.isKnown) cover.resume(last.us);
  }

  #addRedo(source: string, timesUs: readonly number[]): void {
    const times = this.#pending.redo.get(source) ?? [];
    times.push(...timesUs);
    this.#pending.redo.set(source, times);
  }

  #rangesOf(stream: number): Ranges {
    let ranges = this.#frames.get(stream);
    if (!ranges) {
      this.#frames.set(stream, (ranges = new Ranges()));
      for (const oldest of this.#frames.keys()) {
        if (this.#frames.size <= MAX_STREAMS) break;
        this.#frames.delete(oldest);
      }
    }
    return ranges;
  }

  #coverOf(source: string): PassCover {
    let cover = this.#passes.get(source);
    if (!cover) {
      this.#passes.set(source, (cover = new PassCover()));
      for (const oldest of this.#passes.keys()) {
        if (this.#passes.size <= MAX_SOURCES) break;
        this.#passes.delete(oldest);
      }
    }
    return cover;
  }

  #schedule(): void {
    if (this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#queue = this.#queue.then(() => this.flush());
    }, FLUSH_MS);
  }

  /** Write what is pending. Resolves when it is written or given up; acknowledges its frames. */
  async flush(): Promise<void> {
    const pending = this.#pending;
    if (pending.frames === 0 || this.#loss !== null) return;
    this.#pending = emptyPending();
    if (pending.streams.size > 0) await this.#writeOrDrop(pending);
    if (this.#isListening && this.#loss === null)
      this.#port?.postMessage({ type: 'done', frames: pending.frames });
    this.#options.onChange();
  }

  async #writeOrDrop(pending: Pending): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#options.engine.write((writer) => this.#write(writer, pending));
        this.#losses = 0;
        this.#elems += pending.elems;
        this.#flushedAtMs = this.#options.nowMs();
        if (pending.elems > 0) this.#options.onWritten(pending.elems, pending.fromUs, pending.toUs);
        if (attempt === 1) this.#reason = '';
        return;
      } catch (error) {
        this.#reason = error instanceof Error ? error.message : 'the write failed';
        if (this.#isEngineLost) return;
        if (attempt >= MAX_TRIES) break;
        if (isQuotaExceeded(error)) await this.#options.makeRoom(true).catch(() => undefined);
      }
    }
    this.#droppedElems += pending.elems;
    this.#droppedFrames += pending.frames;
  }

  /** Asked after something was awaited, in which it may have been lost. */
  get #isEngineLost(): boolean {
    return this.#loss !== null;
  }

  async #write(writer: Writer, pending: Pending): Promise<void> {
    for (const [source, times] of pending.redo) {
      const list = times.map((us) => `make_timestamp(${us})`).join(', ');
      await writer.run(`DELETE FROM recording_elems WHERE source = ${literal(source)} AND time IN (${list})`);
    }
    if (pending.slices.length > 0) {
      await writer.insert(encodeElems(pending.slices, this.#options.nowMs()), 'recording_elems', false);
    }
    for (const stream of pending.streams) {
      const rows = (this.#frames.get(stream)?.list ?? []).map(([from, to]) => `(${stream}, ${from}, ${to})`);
      await writer.run(`DELETE FROM recorded_frames WHERE stream = ${stream}`);
      if (rows.length > 0) await writer.run(`INSERT INTO recorded_frames VALUES ${rows.join(', ')}`);
    }
    for (const source of pending.sources) {
      const name = literal(source);
      const rows = (this.#passes.get(source)?.list ?? []).map(([from, to]) => `(${name}, ${from}, ${to})`);
      await writer.run(`DELETE FROM recorded_passes WHERE source = ${name}`);
      if (rows.length > 0) await writer.run(`INSERT INTO recorded_passes VALUES ${rows.join(', ')}`);
    }
  }

  /** Take no more, and write what has come. Resolves when it is written or given up. */
  async stop(): Promise<void> {
    const port = this.#port;
    if (port) {
      port.postMessage({ type: 'stop' });
      port.onmessage = null;
    }
    this.#isListening = false;
    this.#wasStopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#queue = this.#queue.then(() => this.flush());
    await this.#queue;
  }

  /** What was written is gone: begin with nothing known. */
  forget(): void {
    this.#frames.clear();
    this.#passes.clear();
    this.#pending = emptyPending();
    this.#elems = this.#repeated = this.#droppedElems = this.#droppedFrames = 0;
    this.#reason = '';
  }
}

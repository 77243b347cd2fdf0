import type { ElemBatch } from '#core/elem/batch.ts';
import { BatchBuilder } from '#core/elem/builder.ts';
import { ElemCopier } from '#core/elem/copier.ts';
import { BgpError } from '#core/error.ts';
import type { Recording } from '#core/replay/recording.ts';
import { Sha256 } from '#core/replay/sha256.ts';
import type { JsonObject } from '#core/wire/log.ts';
import { compressionOf, decompressed } from './replay-bytes.ts';
import type { ReplayFormat } from './replay-format.ts';
import { formatOf, openReader } from './replay-format.ts';

/** Where the bytes of a recording come from. */
export interface ByteSource {
  /** Of the file, without its folder: it may name the collector. */
  readonly name: string;
  /** Null when it cannot be known. */
  readonly bytesTotal: number | null;
  readonly chunks: AsyncIterable<Uint8Array>;
}

export interface ReadHooks {
  /** Called after every chunk. A promise is waited for: that is where others get their turn. */
  readonly onProgress: (progress: ReadSoFar) => Promise<void> | undefined;
  readonly isCancelled: () => boolean;
  readonly limits?: ReadLimits;
}

export interface ReadSoFar {
  /** As stored. */
  readonly bytes: number;
  readonly elems: number;
  readonly bad: ReadonlyMap<string, number>;
}

/** What was read. */
export interface ReadResult extends ReadSoFar {
  readonly format: ReplayFormat | null;
  /** SHA-256 (hex) of the bytes as stored, as far as they were read. */
  readonly sha256: string;
  /** What a frame log says of itself. */
  readonly manifest: JsonObject | null;
  /** SHA-256 (hex) of a frame log's frames, one after the other. */
  readonly framesSha256: string;
}

export interface ReadLimits {
  readonly storedBytes: number;
  readonly plainBytes: number;
  /** Decompressed bytes without one elem after which nothing more is expected. */
  readonly barrenBytes: number;
}

export const READ_LIMITS: ReadLimits = {
  storedBytes: 512 * 1024 * 1024,
  plainBytes: 4 * 1024 * 1024 * 1024,
  barrenBytes: 64 * 1024 * 1024,
};

const HEAD_BYTES = 64 * 1024;
/** A binary format is told by this many bytes. */
const MIN_HEAD_BYTES = 12;
/** A frame of a recording has at least and at most so many elems, where more or fewer come in one batch. */
const MIN_FRAME_ELEMS = 256;
const MAX_FRAME_ELEMS = 131_072;

/**
 * Read a file of any format into a recording: frame log, MRT, RIS Live JSON lines or elem JSONL, plain, gzip or bzip2, told
 * apart by what is in it. What is damaged is counted by code, and what came before it stays.
 */
export async function readRecording(
  source: ByteSource,
  recording: Recording,
  hooks: ReadHooks,
): Promise<ReadResult> {
  const reading = new Reading(source, recording, hooks);
  await reading.run();
  return reading.result();
}

class Reading {
  readonly #source: ByteSource;
  readonly #hooks: ReadHooks;
  readonly #limits: ReadLimits;
  readonly #recording: Recording;
  readonly #fitted: FittedFrames;
  readonly #hash = new Sha256();
  readonly #framesHash = new Sha256();
  readonly #bad = new Map<string, number>();
  #format: ReplayFormat | null = null;
  #manifest: JsonObject | null = null;
  #bytes = 0;
  #isFull = false;

  constructor(source: ByteSource, recording: Recording, hooks: ReadHooks) {
    this.#source = source;
    this.#recording = recording;
    this.#hooks = hooks;
    this.#limits = hooks.limits ?? READ_LIMITS;
    this.#fitted = new FittedFrames((batch, body) => this.#append(batch, body));
  }

  #append(batch: ElemBatch, body: Uint8Array | undefined): void {
    if (this.#isFull) return;
    try {
      this.#recording.append(batch, body);
    } catch (error) {
      this.#noteBad(error);
      this.#isFull = true;
    }
  }

  /** @param error what ended the reading: a `BgpError` is counted, another one is a bug. */
  #noteBad(error: unknown): void {
    if (!(error instanceof BgpError)) throw error;
    this.#count(error.code, 1);
  }

  #count(code: string, count: number): void {
    this.#bad.set(code, (this.#bad.get(code) ?? 0) + count);
  }

  async run(): Promise<void> {
    try {
      const stored = await withHead(this.#stored(), MIN_HEAD_BYTES);
      const plain = await withHead(decompressed(stored.chunks, compressionOf(stored.head)), HEAD_BYTES);
      if (plain.head.length === 0) return;
      this.#format = formatOf(plain.head);
      await this.#decode(plain.chunks, this.#format);
    } catch (error) {
      this.#noteBad(error);
    }
    this.#fitted.flush();
  }

  async *#stored(): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#source.chunks) {
      this.#bytes += chunk.length;
      this.#hash.push(chunk);
      yield chunk;
      if (this.#bytes > this.#limits.storedBytes)
        throw new BgpError('REPLAY_TOO_LARGE', `more than ${this.#limits.storedBytes >> 20} MB`);
    }
  }

  async #decode(chunks: AsyncIterable<Uint8Array>, format: ReplayFormat): Promise<void> {
    const reader = openReader(format, {
      collector: collectorOf(this.#source.name) ?? 'unknown',
      onBatch: (batch, body) => this.#fitted.push(batch, body),
      onBad: (code, count) => this.#count(code, count),
      onManifest: (manifest) => (this.#manifest = manifest),
      onFrame: (frame) => void this.#framesHash.push(frame),
    });
    let failure: unknown = null;
    let plainBytes = 0;
    try {
      for await (const chunk of chunks) {
        plainBytes += chunk.length;
        await reader.push(chunk);
        if (this.#hooks.isCancelled() || this.#isFull) return;
        this.#checkBounds(plainBytes);
        await this.#hooks.onProgress(this.#soFar());
      }
    } catch (error) {
      failure = error;
    }
    try {
      await reader.end();
    } catch (error) {
      // A record cut short is the consequence, not the cause, of a damaged compression.
      failure ??= error;
    }
    if (failure !== null) throw failure as Error;
  }

  #checkBounds(plainBytes: number): void {
    if (plainBytes > this.#limits.plainBytes)
      throw new BgpError(
        'REPLAY_TOO_LARGE',
        `more than ${this.#limits.plainBytes / 2 ** 20} MB uncompressed`,
      );
    if (plainBytes > this.#limits.barrenBytes && this.#recording.elems === 0)
      throw new BgpError('REPLAY_EMPTY', `no elem in the first ${this.#limits.barrenBytes >> 20} MB`);
  }

  #soFar(): ReadSoFar {
    return { bytes: this.#bytes, elems: this.#recording.elems, bad: this.#bad };
  }

  result(): ReadResult {
    return {
      ...this.#soFar(),
      format: this.#format,
      sha256: this.#hash.hex(),
      manifest: this.#manifest,
      framesSha256: this.#framesHash.hex(),
    };
  }
}

/** Passes batches on, tiny ones gathered and huge ones cut: either would make the recording slow to find anything in. */
class FittedFrames {
  readonly #onFrame: (batch: ElemBatch, body: Uint8Array | undefined) => void;
  readonly #builder = new BatchBuilder(MIN_FRAME_ELEMS * 4);
  readonly #copier = new ElemCopier(this.#builder);

  constructor(onFrame: (batch: ElemBatch, body: Uint8Array | undefined) => void) {
    this.#onFrame = onFrame;
  }

  push(batch: ElemBatch, body: Uint8Array | undefined): void {
    const isTiny = batch.length < MIN_FRAME_ELEMS;
    if (!isTiny) this.flush();
    if (!isTiny && batch.length <= MAX_FRAME_ELEMS) return this.#onFrame(batch, body);
    const most = isTiny ? this.#builder.capacity : MAX_FRAME_ELEMS;
    for (let i = 0; i < batch.length; i++) {
      if (this.#builder.length >= most) this.flush();
      this.#copier.copy(batch, i);
    }
  }

  flush(): void {
    if (this.#builder.length > 0) this.#onFrame(this.#builder.take(), undefined);
  }
}

/** `rrc06`, `route-views.jinx`, `route-views2` as archives put it in names; null when there is none. */
function collectorOf(name: string): string | null {
  const match = /\brrc\d{2}\b|route-views\d*(?:\.(?!updates|ribs?\b|bview)[a-z][a-z0-9-]*)?/i.exec(name);
  return match?.[0].toLowerCase() ?? null;
}

/** Look at the first bytes without losing them. An error that comes while looking is thrown by `chunks`. */
async function withHead(
  input: AsyncGenerator<Uint8Array>,
  headBytes: number,
): Promise<{ head: Uint8Array; chunks: AsyncGenerator<Uint8Array> }> {
  const seen: Uint8Array[] = [];
  let length = 0;
  let failure: unknown = null;
  let isOver = false;
  try {
    while (!isOver && length < headBytes) {
      const next = await input.next();
      isOver = next.done === true;
      if (next.done === true) break;
      seen.push(next.value);
      length += next.value.length;
    }
  } catch (error) {
    failure = error;
  }
  const head = new Uint8Array(Math.min(length, headBytes));
  let at = 0;
  for (const chunk of seen) {
    head.set(chunk.subarray(0, head.length - at), at);
    at = Math.min(head.length, at + chunk.length);
  }
  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      yield* seen.splice(0);
      if (failure !== null) throw failure as Error;
      if (!isOver) yield* input;
    } finally {
      await input.return(undefined);
    }
  }
  return { head, chunks: chunks() };
}

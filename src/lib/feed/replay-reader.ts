import type { ElemBatch } from '#core/elem/batch.ts';
import { BgpError } from '#core/error.ts';
import type { Recording } from '#core/replay/recording.ts';
import { Sha256 } from '#core/replay/sha256.ts';
import type { JsonObject } from '#core/wire/log.ts';
import type { ElemFormat } from '#core/sniff/elem-format.ts';
import { elemFormatOf, HEAD_BYTES } from '#core/sniff/elem-format.ts';
import { compressionOf, decompressed } from './replay-bytes.ts';
import { FittedFrames, TableFirst } from './replay-frames.ts';
import type { Headed } from './replay-head.ts';
import { withHead } from './replay-head.ts';
import { openReader } from './replay-format.ts';

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
  readonly format: ElemFormat | null;
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

/** A binary format is told by this many bytes. */
const MIN_HEAD_BYTES = 12;

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
  readonly #tableFirst: TableFirst;
  readonly #hash = new Sha256();
  readonly #framesHash = new Sha256();
  readonly #bad = new Map<string, number>();
  #format: ElemFormat | null = null;
  #manifest: JsonObject | null = null;
  #bytes = 0;
  #isFull = false;

  constructor(source: ByteSource, recording: Recording, hooks: ReadHooks) {
    this.#source = source;
    this.#recording = recording;
    this.#hooks = hooks;
    this.#limits = hooks.limits ?? READ_LIMITS;
    this.#fitted = new FittedFrames((batch, body) => this.#append(batch, body));
    this.#tableFirst = new TableFirst((batch, body) => this.#fitted.push(batch, body));
  }

  /** Keep a batch. One that cannot be kept is counted; where the room is the reason, nothing more is read. */
  #append(batch: ElemBatch, body?: Uint8Array): void {
    if (this.#isFull) return;
    this.#guarded(() => this.#recording.append(batch, body));
  }

  /** Decoders do not expect their reader to throw. */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#noteBad(error);
      this.#isFull ||= error instanceof BgpError && error.code === 'REPLAY_TOO_LARGE';
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
      this.#format = this.#formatOf(plain);
      await this.#decode(plain.chunks, this.#format);
    } catch (error) {
      this.#noteBad(error);
    }
    this.#tableFirst.flush();
    this.#fitted.flush();
  }

  /** @throws {BgpError} FILE_UNKNOWN_FORMAT, or what went wrong before there was enough to tell */
  #formatOf({ head, failure }: Headed): ElemFormat {
    try {
      return elemFormatOf(head);
    } catch (error) {
      throw (failure ?? error) as Error;
    }
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

  async #decode(chunks: AsyncIterable<Uint8Array>, format: ElemFormat): Promise<void> {
    const reader = openReader(format, {
      collector: collectorOf(this.#source.name) ?? 'unknown',
      onBatch: (batch, body) =>
        this.#guarded(() =>
          format === 'jsonl' ? this.#tableFirst.push(batch) : this.#fitted.push(batch, body),
        ),
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

/** `rrc06`, `route-views.jinx`, `route-views2` as archives put it in names; null when there is none. */
function collectorOf(name: string): string | null {
  const match = /\brrc\d{2}\b|route-views\d*(?:\.(?!updates|ribs?\b|bview)[a-z][a-z0-9-]*)?/i.exec(name);
  return match?.[0].toLowerCase() ?? null;
}

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { ElemBatch } from '#core/elem/batch.ts';
import { BgpError } from '#core/error.ts';
import type { ElemFormat } from '#core/sniff/elem-format.ts';
import { elemFormatOf, HEAD_BYTES } from '#core/sniff/elem-format.ts';
import { Damage } from './damage.ts';
import type { Compression } from './decompress.ts';
import { compressionOf, decompressed, MAGIC_BYTES } from './decompress.ts';
import { openReader } from './readers.ts';
import type { FormatReader } from './reader.ts';
import { withHead } from './head.ts';

export interface FileOptions {
  /** Who recorded it; MRT does not say. Default: read off the file's name, else `unknown`. */
  readonly collector?: string;
  /** Elems per batch (default 1000). */
  readonly batchElems?: number;
  /** Also the multicast routes of MRT files (SAFI 2), which are otherwise counted as unsupported. */
  readonly multicast?: boolean;
  /** The file may unpack to this many bytes; default: no bound, for memory does not grow with the file. */
  readonly maxPlainBytes?: number;
  /** Called as the file is read. `bytesTotal` is null when it cannot be known (standard input). */
  readonly onProgress?: (bytesRead: number, bytesTotal: number | null) => void;
}

/** What is known about a file; it grows as `batches` is read. Bytes are as stored (compressed). */
export interface FileStats {
  compression: Compression | null;
  format: ElemFormat | null;
  bytesRead: number;
  bytesTotal: number | null;
  elems: number;
  /** MRT records, or lines that gave elems. */
  messages: number;
  readonly damage: Damage;
  /** What was well formed but gives no elems: records by `MRT type/subtype`, route fields by `AFI n SAFI n`. */
  unsupported: Readonly<Record<string, number>>;
}

export interface ElemFile {
  /** Once through the file; ends early when the consumer stops. */
  readonly batches: AsyncIterable<ElemBatch>;
  readonly stats: FileStats;
}

/**
 * Open a file of BGP data: MRT, RIS Live NDJSON, elem JSONL or a frame log, plain, gzip or bzip2, told apart by what is in
 * it, not by its name; `-` is standard input. Memory does not grow with the file; reading waits for the consumer.
 *
 * Damaged records and lines are counted in `stats.damage` and skipped. What ends the file early is thrown by `batches`
 * after everything read before it was yielded: FILE_UNREADABLE, FILE_UNKNOWN_FORMAT, FILE_TOO_LARGE, FILE_DAMAGED (compression cut short or
 * corrupt), MRT_TRUNCATED, MRT_LOST_FRAMING, WIRE_*.
 */
export function openElemFile(path: string, options: FileOptions = {}): ElemFile {
  const stats: FileStats = {
    compression: null,
    format: null,
    bytesRead: 0,
    bytesTotal: null,
    elems: 0,
    messages: 0,
    damage: new Damage(),
    unsupported: {},
  };
  return { batches: readBatches(path, options, stats), stats };
}

/** `rrc06`, `route-views.jinx`, `route-views2` as archives put it in file and folder names; null when there is none. */
export function collectorOf(path: string): string | null {
  const name = /\brrc\d{2}\b|route-views\d*(?:\.(?!updates|ribs?\b|bview)[a-z][a-z0-9-]*)?/i;
  const matches = [basename(path), path].map((text) => name.exec(text)?.[0].toLowerCase());
  return matches.find((match) => match !== undefined) ?? null;
}

async function* readBatches(path: string, options: FileOptions, stats: FileStats): AsyncGenerator<ElemBatch> {
  const stored = await withHead(storedBytes(path, options, stats), MAGIC_BYTES);
  stats.compression = compressionOf(stored.head);
  const unpacked = bounded(decompressed(stored.bytes, stats.compression), options.maxPlainBytes ?? Infinity);
  const plain = await withHead(unpacked, HEAD_BYTES, '\n');
  if (plain.head.length === 0) {
    for await (const _ of plain.bytes) throw new Error('bytes after an empty head');
    return;
  }
  stats.format = elemFormatOf(plain.head);
  const ready: ElemBatch[] = [];
  const reader = openReader(stats.format, {
    collector: options.collector ?? collectorOf(path) ?? 'unknown',
    batchElems: options.batchElems ?? 1000,
    multicast: options.multicast ?? false,
    damage: stats.damage,
    onBatch: (batch) => ready.push(batch),
  });
  yield* decodedBatches(plain.bytes, reader, ready, stats);
}

async function* bounded(input: AsyncGenerator<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of input) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new BgpError('FILE_TOO_LARGE', `unpacks to over ${maxBytes} bytes`);
    yield chunk;
  }
}

async function* decodedBatches(
  bytes: AsyncIterable<Uint8Array>,
  reader: FormatReader,
  ready: ElemBatch[],
  stats: FileStats,
): AsyncGenerator<ElemBatch> {
  let failure: unknown = null;
  const take = (): ElemBatch[] => {
    stats.messages = reader.messages;
    stats.unsupported = reader.unsupported ?? {};
    for (const batch of ready) stats.elems += batch.length;
    return ready.splice(0);
  };
  try {
    for await (const chunk of bytes) {
      reader.push(chunk);
      yield* take();
    }
  } catch (error) {
    failure = error;
  }
  try {
    reader.end();
  } catch (error) {
    // A record cut short is the consequence, not the cause, of a damaged compression.
    failure ??= error;
  }
  yield* take();
  if (failure !== null) throw failure as Error;
}

async function* storedBytes(
  path: string,
  options: FileOptions,
  stats: FileStats,
): AsyncGenerator<Uint8Array> {
  try {
    if (path !== '-') stats.bytesTotal = (await stat(path)).size;
    const stream = path === '-' ? process.stdin : createReadStream(path);
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      stats.bytesRead += chunk.length;
      options.onProgress?.(stats.bytesRead, stats.bytesTotal);
      yield chunk;
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BgpError('FILE_UNREADABLE', reason, { cause });
  }
}

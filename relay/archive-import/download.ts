import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { RetryOptions } from './retry.ts';
import { withRetries } from './retry.ts';
import { FetchFailure, openUrl } from './request.ts';

export interface DownloadOptions extends RetryOptions {
  /** Bytes so far, and in all when the server says. */
  readonly onProgress?: (bytes: number, total: number | null) => void;
}

/** A file that came whole. */
export interface Downloaded {
  readonly path: string;
  readonly bytes: number;
  /** Hex, of the file as it lies there. */
  readonly sha256: string;
  /** Bytes that were already there from an earlier attempt. */
  readonly resumedBytes: number;
}

/**
 * Fetch `url` to `path`. What came so far is kept as `path.part`, with the server's validator beside it, and the next attempt
 * (also of another process) goes on there, if the server has the same file still; so `path` is either absent or whole.
 * @throws {FetchFailure} IMPORT_NOT_FOUND, IMPORT_REFUSED, IMPORT_UNREACHABLE, IMPORT_TOO_LARGE
 */
export async function download(url: string, path: string, options: DownloadOptions): Promise<Downloaded> {
  const whole = await sizeOf(path);
  if (whole !== null) return { path, bytes: whole, sha256: await sha256Of(path), resumedBytes: whole };
  await mkdir(dirname(path), { recursive: true });
  const resumedBytes = (await readPart(path)).bytes;
  let bytes = resumedBytes;
  const note = (count: number, total: number | null): void => {
    bytes = count;
    options.onProgress?.(count, total);
  };
  await withRetries(
    () => attempt(url, path, options, note),
    () => bytes,
    options,
  );
  await rename(`${path}.part`, path);
  await rm(`${path}.part.tag`, { force: true });
  return { path, bytes, sha256: await sha256Of(path), resumedBytes };
}

type Note = (bytes: number, total: number | null) => void;

async function attempt(url: string, path: string, options: DownloadOptions, note: Note): Promise<void> {
  const { limits, signal } = options;
  const part = await readPart(path);
  const headers: Record<string, string> =
    part.bytes > 0 ? { range: `bytes=${part.bytes}-`, 'if-range': part.tag } : {};
  const opened = await openUrl(url, headers, limits, signal);
  try {
    const { response } = opened;
    const range = contentRange(response.headers.get('content-range'));
    if (response.status === 416) {
      if (range.total === part.bytes) return;
      await dropPart(path);
      throw new FetchFailure('IMPORT_UNREACHABLE', `${url} is another file than before`, { isFinal: false });
    }
    const isResumed = response.status === 206 && range.start === part.bytes;
    if (response.status === 206 && !isResumed) {
      await dropPart(path);
      throw new FetchFailure('IMPORT_UNREACHABLE', `${url}: not the range that was asked for`, {
        isFinal: false,
      });
    }
    const from = isResumed ? part.bytes : 0;
    const total = isResumed ? range.total : lengthOf(response);
    if ((total ?? 0) > limits.maxFileBytes) throw tooLarge(url, limits.maxFileBytes);
    // Emptied before it is told what it belongs to: the tag must never vouch for bytes of another file.
    const file = await open(`${path}.part`, isResumed ? 'a' : 'w');
    await writeFile(`${path}.part.tag`, validatorOf(response));
    const bytes = await append(file, opened.chunks, url, from, total, limits.maxFileBytes, note);
    if (total !== null && bytes !== total) {
      // More than was promised is no prefix of the file.
      if (bytes > total) await dropPart(path);
      const detail = `${url}: ${bytes} of ${total} bytes came`;
      throw new FetchFailure('IMPORT_UNREACHABLE', detail, { isFinal: false });
    }
  } finally {
    opened.close();
  }
}

/** Write what comes behind `from` bytes; on disk when this returns, and what there is when it throws. */
async function append(
  file: FileHandle,
  chunks: AsyncIterable<Uint8Array>,
  url: string,
  from: number,
  total: number | null,
  maxBytes: number,
  note: Note,
): Promise<number> {
  let bytes = from;
  try {
    for await (const chunk of chunks) {
      if (bytes + chunk.length > maxBytes) throw tooLarge(url, maxBytes);
      await file.write(chunk);
      bytes += chunk.length;
      note(bytes, total);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return bytes;
}

function tooLarge(url: string, maxBytes: number): FetchFailure {
  return new FetchFailure('IMPORT_TOO_LARGE', `${url} has over ${maxBytes} bytes`, { isFinal: true });
}

/** Without a validator nobody can say that the rest belongs to the same file. */
async function readPart(path: string): Promise<{ readonly bytes: number; readonly tag: string }> {
  const bytes = (await sizeOf(`${path}.part`)) ?? 0;
  const tag = bytes === 0 ? '' : await readFile(`${path}.part.tag`, 'utf8').catch(() => '');
  return tag === '' ? { bytes: 0, tag } : { bytes, tag };
}

async function dropPart(path: string): Promise<void> {
  await rm(`${path}.part`, { force: true });
  await rm(`${path}.part.tag`, { force: true });
}

/** A strong ETag, else Last-Modified (RFC 9110 §13.1.5); empty when there is neither. */
function validatorOf({ headers }: Response): string {
  const etag = headers.get('etag');
  return (etag?.startsWith('"') ? etag : headers.get('last-modified')) ?? '';
}

function lengthOf({ headers }: Response): number | null {
  const text = headers.get('content-length');
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

/** `bytes 100-199/200` and, of a 416, `bytes * /200` (without the space). */
function contentRange(text: string | null): { readonly start: number | null; readonly total: number | null } {
  const match = /^bytes (?:(\d{1,15})-\d{1,15}|\*)\/(\d{1,15}|\*)$/.exec(text ?? '');
  const number = (digits: string | undefined): number | null =>
    digits === undefined || digits === '*' ? null : Number(digits);
  return { start: number(match?.[1]), total: number(match?.[2]) };
}

async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size;
  } catch {
    return null;
  }
}

/** SHA-256 of a file, hex. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

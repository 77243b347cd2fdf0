import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { RpkiData } from '#core/rpki/data.ts';
import { RpkiJsonReader } from '#core/rpki/json-reader.ts';
import { compressionOf, decompressed } from '../source/decompress.ts';
import type { OnVrp } from './request.ts';
import { get, readRpkiJson, scan } from './request.ts';
import type { Update, Upstream } from './upstream.ts';
import { sleep, UpstreamError } from './upstream.ts';

/** Public services refresh every twenty minutes and ask to be left alone in between. */
const PUBLIC_MS = 20 * 60_000;
/** The user's own machine may be asked more often. */
const LOCAL_MS = 60_000;
const FILE_MS = 15_000;

/** How a document is followed. */
export interface DocumentOptions {
  /** Between two looks; by default according to where it is. */
  readonly intervalMs?: number | undefined;
  /** Asked for somebody to tell about each VRP, once per body; a body that is refused in the end is told in part. */
  readonly onVrp?: (() => OnVrp) | undefined;
}

/** A JSON document on a web server: rpki-client's, StayRTR's `/rpki.json`, an export service. */
export class UrlUpstream implements Upstream {
  readonly kind = 'json-url';
  readonly validityBase = null;
  readonly label: string;
  readonly #url: URL;
  readonly #intervalMs: number;
  readonly #onVrp: DocumentOptions['onVrp'];
  #etag: string | null = null;
  #modified: string | null = null;
  #generatedS = 0;
  #isFirst = true;

  constructor(url: URL, { intervalMs = isLocal(url) ? LOCAL_MS : PUBLIC_MS, onVrp }: DocumentOptions = {}) {
    this.#onVrp = onVrp;
    this.#url = url;
    this.#intervalMs = intervalMs;
    this.label = `${url.origin}${url.pathname}`;
  }

  restart(): void {
    this.#isFirst = true;
    this.#etag = this.#modified = null;
  }

  async next(signal: AbortSignal): Promise<Update> {
    if (!this.#isFirst) await sleep(this.#intervalMs, signal);
    const headers = {
      ...(this.#etag === null ? {} : { 'if-none-match': this.#etag }),
      ...(this.#modified === null ? {} : { 'if-modified-since': this.#modified }),
    };
    const answer = await get(this.#url, headers, signal);
    if (answer.response.status === 304) {
      answer.abort();
      return { kind: 'same', generatedS: this.#generatedS };
    }
    const etag = answer.response.headers.get('etag');
    const modified = answer.response.headers.get('last-modified');
    const reader = (await readRpkiJson(answer, undefined, this.#onVrp?.()))!;
    const data = reader.endSnapshot();
    const { generatedS, badRows } = reader.facts();
    const modifiedS = Math.floor(Date.parse(modified ?? '') / 1000);
    this.#isFirst = false;
    this.#etag = etag;
    this.#modified = modified;
    // Without any date of its own the document is as old as its arrival.
    this.#generatedS = generatedS ?? (Number.isNaN(modifiedS) ? Math.floor(Date.now() / 1000) : modifiedS);
    return whole(data, this.#generatedS, badRows, reader.readBytes);
  }
}

/** A document is always all there is, and has no version of its own. */
function whole(
  data: Pick<RpkiData, 'vrps' | 'aspas'>,
  generatedS: number,
  badRows: number,
  bytes: number,
): Update {
  return { kind: 'snapshot', data, generatedS, session: null, serial: null, badRows, bytes };
}

/** Whether the address is this machine's or a private one. */
function isLocal(url: URL): boolean {
  return /^(localhost|127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|\[::1\]|\[f[cd])/.test(url.hostname);
}

/** A JSON file that something else keeps up to date, gzipped or not. */
export class FileUpstream implements Upstream {
  readonly kind = 'json-file';
  readonly validityBase = null;
  readonly label: string;
  readonly #path: string;
  readonly #intervalMs: number;
  readonly #onVrp: DocumentOptions['onVrp'];
  /** Modification time and size of what was read last. */
  #seen = '';
  #generatedS = 0;

  constructor(path: string, { intervalMs = FILE_MS, onVrp }: DocumentOptions = {}) {
    this.#onVrp = onVrp;
    this.#path = path;
    this.#intervalMs = intervalMs;
    this.label = path;
  }

  restart(): void {
    this.#seen = '';
  }

  async next(signal: AbortSignal): Promise<Update> {
    const isFirst = this.#seen === '';
    if (!isFirst) await sleep(this.#intervalMs, signal);
    const { mtimeMs, size } = await stat(this.#path).catch(fail);
    const seen = `${mtimeMs} ${size}`;
    if (seen === this.#seen) return { kind: 'same', generatedS: this.#generatedS };
    const reader = await readRpkiFile(this.#path, signal, this.#onVrp?.());
    const data = reader.endSnapshot();
    const { generatedS, badRows } = reader.facts();
    this.#seen = seen;
    this.#generatedS = generatedS ?? Math.floor(mtimeMs / 1000);
    return whole(data, this.#generatedS, badRows, reader.readBytes);
  }
}

function fail(cause: unknown): never {
  throw new UpstreamError('file', cause instanceof Error ? cause.message : String(cause), null, { cause });
}

/**
 * Scan a file; gzip and bzip2 are unpacked.
 * @throws {UpstreamError}, {BgpError} RPKI_BAD_JSON, RPKI_TOO_LARGE
 */
export async function readRpkiFile(
  path: string,
  signal?: AbortSignal,
  onVrp: OnVrp | null = null,
): Promise<RpkiJsonReader> {
  const reader = new RpkiJsonReader(undefined, onVrp);
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  const pieces = unpacked(file);
  try {
    for (;;) {
      signal?.throwIfAborted();
      const next = await pieces.next().catch(fail);
      if (next.done === true) return reader;
      await scan(reader, next.value);
    }
  } finally {
    file.destroy();
  }
}

async function* unpacked(file: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const input = file[Symbol.asyncIterator]();
  const first = await input.next();
  if (first.done === true) return;
  const head = first.value;
  async function* whole(): AsyncGenerator<Uint8Array> {
    yield head;
    yield* { [Symbol.asyncIterator]: () => input };
  }
  yield* decompressed(whole(), compressionOf(head));
}

import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

/** Bytes to a file, which appears when it is whole, or to standard output (`-`); gzip where the name ends in `.gz`. */
export class OutputFile {
  readonly #path: string;
  readonly #stream: Writable;
  readonly #done: Promise<void>;
  #error: Error | null = null;

  constructor(path: string) {
    this.#path = path;
    const file: Writable = path === '-' ? process.stdout : createWriteStream(`${path}.tmp`);
    const gzip = path.endsWith('.gz') ? createGzip() : null;
    gzip?.pipe(file);
    this.#stream = gzip ?? file;
    for (const stream of [file, this.#stream]) stream.on('error', (error: Error) => (this.#error ??= error));
    // Standard output is the process's own: it never ends here.
    this.#done = path === '-' && !gzip ? Promise.resolve() : finished(file);
    this.#done.catch(() => undefined);
  }

  /** Waits until the bytes have left: memory does not grow with the file. */
  async write(bytes: Uint8Array | string): Promise<void> {
    if (this.#error) throw this.#error;
    if (bytes.length === 0) return;
    await new Promise<void>((resolve) => this.#stream.write(bytes, () => resolve()));
    if (this.#error) throw this.#error as Error;
  }

  async end(): Promise<void> {
    if (this.#path === '-') return;
    this.#stream.end();
    await this.#done;
    await rename(`${this.#path}.tmp`, this.#path);
  }

  /** Nothing is to be left of it. */
  async drop(): Promise<void> {
    if (this.#path === '-') return;
    this.#stream.destroy();
    await rm(`${this.#path}.tmp`, { force: true });
  }
}

import type { Writable } from 'node:stream';

/** Text gathered before it is handed to the stream, in UTF-16 units. */
const FLUSH_CHARS = 64 * 1024;

/** Lines to a stream that may be slower than we are, or gone (`| head`). */
export class LineOutput {
  readonly #stream: Writable;
  #text = '';
  #error: NodeJS.ErrnoException | null = null;

  constructor(stream: Writable) {
    this.#stream = stream;
    stream.on('error', (error) => (this.#error ??= error));
  }

  /** Whether nobody reads any more: a closed pipe is the reader's decision, not a failure. */
  get isClosed(): boolean {
    return this.#error?.code === 'EPIPE';
  }

  add(line: string): void {
    this.#text += line;
    this.#text += '\n';
  }

  /** Wait here now and then, so that memory does not grow. Throws when writing failed for another reason than EPIPE. */
  async settle(): Promise<void> {
    if (this.#text.length >= FLUSH_CHARS) await this.flush();
  }

  async flush(): Promise<void> {
    const text = this.#text;
    this.#text = '';
    if (text !== '' && !this.#error) {
      // Resolves once the bytes left the process, and so also when the reader went away meanwhile.
      await new Promise<void>((resolve) => this.#stream.write(text, () => resolve()));
    }
    if (this.#error && !this.isClosed) throw this.#error;
  }
}

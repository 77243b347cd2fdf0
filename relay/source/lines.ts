/** Longest line kept, in bytes; a longer one is dropped whole and counted. */
export const MAX_LINE_BYTES = 4 * 1024 * 1024;
const LINE_FEED = 10;

/** Splits a byte stream into lines of UTF-8 text. Empty lines are left out; line numbers count from 1. */
export class LineSplitter {
  readonly #onLine: (text: string, lineNumber: number) => void;
  readonly #onTooLong: (lineNumber: number) => void;
  #parts: Uint8Array[] = [];
  #partBytes = 0;
  #isSkipping = false;
  #lineNumber = 1;

  constructor(onLine: (text: string, lineNumber: number) => void, onTooLong: (lineNumber: number) => void) {
    this.#onLine = onLine;
    this.#onTooLong = onTooLong;
  }

  push(chunk: Uint8Array): void {
    let from = 0;
    for (let at = chunk.indexOf(LINE_FEED); at !== -1; at = chunk.indexOf(LINE_FEED, from)) {
      this.#collect(chunk.subarray(from, at));
      this.#emit();
      from = at + 1;
    }
    // The rest is copied: the chunk's buffer may be the stream's to reuse.
    if (from < chunk.length) this.#collect(chunk.slice(from));
  }

  /** The last line may lack its line feed. */
  end(): void {
    if (this.#partBytes > 0 || this.#isSkipping) this.#emit();
  }

  #collect(part: Uint8Array): void {
    if (this.#isSkipping || part.length === 0) return;
    this.#partBytes += part.length;
    if (this.#partBytes > MAX_LINE_BYTES) {
      this.#isSkipping = true;
      this.#parts = [];
      return;
    }
    this.#parts.push(part);
  }

  #emit(): void {
    const lineNumber = this.#lineNumber++;
    if (this.#isSkipping) {
      this.#onTooLong(lineNumber);
    } else if (this.#partBytes > 0) {
      const text = Buffer.concat(this.#parts, this.#partBytes).toString('utf8').trim();
      if (text !== '') this.#onLine(text, lineNumber);
    }
    this.#parts = [];
    this.#partBytes = 0;
    this.#isSkipping = false;
  }
}

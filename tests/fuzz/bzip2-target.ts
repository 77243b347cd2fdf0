import { Bzip2Decoder } from '../../src/lib/core/bzip2/decoder.ts';
import { BgpError } from '../../src/lib/core/error.ts';
import type { FuzzTarget, Random } from './harness.ts';

/** `printf 'hello hello hello\n' | bzip2 -1`, and 300,000 zeros. */
const SEEDS = [
  '425a6831314159265359e5b5f3090000045100001040000244a00021b5180c029069c2a30bb9229c284872daf98480',
  '425a6831314159265359df474d6f00024c4080c00004000008200030cc0529a61446c4511e2ee48a70a121be8e9ade',
].map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')));

/** bzip2 streams in random chunks: the output is bounded and every failure coded. */
export class Bzip2Target implements FuzzTarget {
  readonly name = 'bzip2';
  readonly seeds = SEEDS;
  #good = 0;
  #damaged = 0;
  #longestBytes = 0;

  run(input: Uint8Array, random: Random): void {
    let bytes = 0;
    const decoder = new Bzip2Decoder((piece) => (bytes += piece.length));
    try {
      for (let at = 0; at < input.length;) {
        const size = 1 + random.below(input.length);
        decoder.push(input.subarray(at, at + size));
        at += size;
      }
      decoder.end();
      this.#good++;
    } catch (error) {
      if (!(error instanceof BgpError) || error.code !== 'FILE_DAMAGED') throw error;
      this.#damaged++;
    }
    this.#longestBytes = Math.max(this.#longestBytes, bytes);
  }

  summary(): string {
    return `good ${this.#good}, FILE_DAMAGED ${this.#damaged}, longest output ${this.#longestBytes} bytes`;
  }
}

import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { encodeDelta, encodeSnapshot } from '#core/rpki/compact.ts';
import type { RpkiData, RpkiDelta } from '#core/rpki/data.ts';
import type { RpkiVersion } from '#core/rpki/vrp.ts';

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** Differences kept for clients that come back. Beyond either bound the oldest go, and such clients load the snapshot. */
const MAX_DELTAS = 512;
const MAX_DELTA_BYTES = 8 * 1024 * 1024;

interface KeptDelta {
  readonly from: RpkiVersion;
  readonly bytes: Uint8Array;
}

/** The current data as clients get them: encoded and compressed once. */
export class Publication {
  #data: RpkiData | null = null;
  #snapshot: { readonly serial: number; readonly bytes: Promise<Buffer> } | null = null;
  readonly #deltas: KeptDelta[] = [];
  #deltaBytes = 0;
  #dropped = 0;

  get data(): RpkiData | null {
    return this.#data;
  }

  /** `session-serial` of the current data; null before there are any. */
  get tag(): string | null {
    return this.#data && tagOf(this.#data.version);
  }

  stats(): { readonly deltas: number; readonly deltaBytes: number; readonly droppedDeltas: number } {
    return { deltas: this.#deltas.length, deltaBytes: this.#deltaBytes, droppedDeltas: this.#dropped };
  }

  /** Put `data` in the place of what there was; `delta` leads there. */
  publish(data: RpkiData, delta: RpkiDelta | null): void {
    if (this.#data && delta) {
      const bytes = encodeDelta(delta, this.#data.version, data);
      this.#deltas.push({ from: this.#data.version, bytes });
      this.#deltaBytes += bytes.length;
      while (this.#deltas.length > MAX_DELTAS || this.#deltaBytes > MAX_DELTA_BYTES) {
        this.#deltaBytes -= this.#deltas.shift()!.bytes.length;
        this.#dropped++;
      }
    } else {
      this.#dropped += this.#deltas.length;
      this.#deltas.length = this.#deltaBytes = 0;
    }
    this.#data = data;
  }

  /** The current data in compact form, gzipped; made when first asked for. */
  snapshot(): Promise<Buffer> | null {
    if (!this.#data) return null;
    if (this.#snapshot?.serial !== this.#data.version.serial) {
      this.#snapshot = {
        serial: this.#data.version.serial,
        bytes: compress(encodeSnapshot(this.#data), { level: 6 }),
      };
    }
    return this.#snapshot.bytes;
  }

  /** The same without gzip, for clients that cannot unpack it. */
  async plainSnapshot(): Promise<Buffer | null> {
    const bytes = await this.snapshot();
    return bytes && decompress(bytes);
  }

  /**
   * The compact deltas that lead from `tag` to the current data, oldest first: none when it is current, null when the way
   * is not known any more.
   */
  deltasFrom(tag: string): readonly Uint8Array[] | null {
    if (tag === this.tag) return [];
    const first = this.#deltas.findIndex(({ from }) => tagOf(from) === tag);
    return first === -1 ? null : this.#deltas.slice(first).map(({ bytes }) => bytes);
  }
}

export function tagOf({ session, serial }: RpkiVersion): string {
  return `${session}-${serial}`;
}

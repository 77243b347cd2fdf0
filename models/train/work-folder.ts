import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '#core/replay/sha256.ts';
import type { LabelledStream } from '../dataset/stream.ts';

/**
 * Finished pieces of a long training, by name, so that an interrupted one can go on. A piece belongs to a key made of everything
 * that determines it: other data, seed or parameters never find it.
 */
export class WorkFolder {
  readonly #path: string;

  /** `isResumed`: take what an earlier run left; otherwise start anew. */
  constructor(folder: string, key: string, isResumed: boolean) {
    this.#path = join(folder, key.slice(0, 16));
    if (!isResumed) rmSync(this.#path, { recursive: true, force: true });
    mkdirSync(this.#path, { recursive: true });
  }

  /** Numbers stored under a name; null when there are none. */
  load(name: string): Float32Array | null {
    const path = this.#file(name);
    if (!existsSync(path)) return null;
    const bytes = readFileSync(path);
    return new Float32Array(Uint8Array.from(bytes).buffer);
  }

  /** Store numbers; a kill in between leaves no half file under the name. */
  store(name: string, values: Float32Array): void {
    const path = this.#file(name);
    writeFileSync(`${path}.part`, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    renameSync(`${path}.part`, path);
  }

  /** The training is over: nothing is kept. */
  remove(): void {
    rmSync(this.#path, { recursive: true, force: true });
  }

  #file(name: string): string {
    return join(this.#path, `${name.replaceAll(/[^\w.-]/g, '_')}.f32`);
  }
}

/** A key for data and parameters: changes with any value, label or parameter. */
export function trainingKey(streams: readonly LabelledStream[], params: unknown): string {
  const parts = streams.map(({ id, values, label, isMasked, firstMinute }) =>
    [id, firstMinute, ...[values, label, isMasked].map((of) => sha256(bytesOf(of)))].join(' '),
  );
  return sha256(new TextEncoder().encode(`${parts.join('\n')}\n${JSON.stringify(params)}`));
}

function bytesOf(array: Float64Array | Uint8Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** Writes the address bar: `push` is a step for the Back button, `replace` is not. */
export type Write = (address: string, how: 'push' | 'replace') => void;

/** Jumps closer together than this are one step for the Back button: a key held down must not fill the history. */
const ONE_JUMP_MS = 1500;
/** The router may still be on its way to these when the next is written. */
const REMEMBERED = 8;

/** What stands in the address bar, and whether a change of it is somebody else's doing. */
export class Address {
  #write: Write;
  #now: () => number;
  #written: string | null = null;
  #own: readonly string[] = [];
  #jumpedAtMs = Number.NEGATIVE_INFINITY;

  /** @param now a clock that only goes forward, ms */
  constructor(write: Write, now: () => number = () => performance.now()) {
    this.#write = write;
    this.#now = now;
  }

  /**
   * Take note of where the router arrived. @param isOwnWay it came by a call, not by a link or the Back button
   * @returns whether that is news
   */
  arrive(address: string, isOwnWay: boolean): boolean {
    if (address === this.#written || (isOwnWay && this.#own.includes(address))) return false;
    this.#written = address;
    return true;
  }

  put(address: string, how: 'push' | 'replace'): void {
    if (address === this.#written) return;
    this.#written = address;
    this.#own = [...this.#own, address].slice(-REMEMBERED);
    this.#write(address, how);
  }

  /** As `put`, for one of several jumps in a row. */
  jump(address: string): void {
    const nowMs = this.#now();
    const how = nowMs - this.#jumpedAtMs < ONE_JUMP_MS ? 'replace' : 'push';
    this.#jumpedAtMs = nowMs;
    this.put(address, how);
  }
}

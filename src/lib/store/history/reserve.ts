import { isQuotaExceeded } from './failure.ts';

/** A file beside the database that only holds room. */
const RESERVE_FILE = 'routescope-history.reserve';
const RESERVE_BYTES = 8 * 1024 * 1024;
/** Less is not worth holding. */
const LEAST_BYTES = 512 * 1024;

/** Give the file this length. @throws QuotaExceededError when the browser has not that much; what it had before is then kept */
export type Resize = (bytes: number) => Promise<void>;

/**
 * Room held back for the moment when the browser gives no more, and the way to know that moment before a write: an error of
 * its file system within DuckDB costs the engine. Browsers do not tell truly how much they would give, so it is tried.
 */
export class Reserve {
  readonly #resize: Resize;
  #isOpen = false;
  #bytes = 0;
  #lent = 0;
  #turn: Promise<unknown> = Promise.resolve();

  /** @param resize replaced by tests */
  constructor(resize: Resize = resizeReserve) {
    this.#resize = resize;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Hold what can be had. Without files there is nothing to hold, and `hasRoom` is always true. */
  async open(): Promise<void> {
    this.#isOpen = true;
    await this.#inTurn(() => this.#refill());
  }

  /** Whether the browser would give so many bytes more. */
  hasRoom(bytes: number): Promise<boolean> {
    return this.#inTurn(async () => {
      const held = this.#bytes;
      const has = await this.#set(held + bytes);
      if (has && this.#isOpen) await this.#set(held);
      return has || !this.#isOpen;
    });
  }

  /** Do something with what is held back given free. */
  async lend<T>(work: () => Promise<T>): Promise<T> {
    this.#lent++;
    await this.#inTurn(() => this.#set(0));
    try {
      return await work();
    } finally {
      this.#lent--;
      await this.#inTurn(() => this.#refill());
    }
  }

  async #refill(): Promise<void> {
    for (let bytes = RESERVE_BYTES; bytes >= LEAST_BYTES && bytes > this.#bytes; bytes /= 2) {
      if (this.#lent > 0 || !this.#isOpen || (await this.#set(bytes))) return;
    }
  }

  async #set(bytes: number): Promise<boolean> {
    if (!this.#isOpen) return false;
    try {
      await this.#resize(bytes);
      this.#bytes = bytes;
      return true;
    } catch (error) {
      if (!isQuotaExceeded(error)) this.#isOpen = false;
      return false;
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}

/** The file is closed each time: while it is open a browser keeps what it once granted to it, whatever its length. */
async function resizeReserve(bytes: number): Promise<void> {
  const root = await navigator.storage.getDirectory();
  const file = await root.getFileHandle(RESERVE_FILE, { create: true });
  const handle = await file.createSyncAccessHandle();
  try {
    handle.truncate(bytes);
  } finally {
    handle.close();
  }
}

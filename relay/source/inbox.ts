/** Bounds of what may wait between a socket and the decoder. */
export interface InboxLimits {
  readonly maxMessages: number;
  readonly maxBytes: number;
}

export const INBOX_LIMITS: InboxLimits = { maxMessages: 200_000, maxBytes: 128 * 1024 * 1024 };

/** Messages taken off before the array's dead head is cut away. */
const COMPACT = 4096;

/**
 * Messages received and not yet decoded, so that slow decoding never slows receiving: RIPE closes clients that do not keep up.
 * When full, new messages are dropped and counted.
 */
export class Inbox {
  readonly #limits: InboxLimits;
  #messages: Buffer[] = [];
  #head = 0;
  #bytes = 0;
  #dropped = 0;

  constructor(limits: InboxLimits = INBOX_LIMITS) {
    this.#limits = limits;
  }

  get length(): number {
    return this.#messages.length - this.#head;
  }

  get limit(): number {
    return this.#limits.maxMessages;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get dropped(): number {
    return this.#dropped;
  }

  /** @returns false when it was dropped. */
  push(message: Buffer): boolean {
    if (this.length >= this.#limits.maxMessages || this.#bytes + message.length > this.#limits.maxBytes) {
      this.#dropped++;
      return false;
    }
    this.#messages.push(message);
    this.#bytes += message.length;
    return true;
  }

  /** The oldest message. */
  shift(): Buffer | undefined {
    const message = this.#messages[this.#head];
    if (!message) return undefined;
    this.#head++;
    this.#bytes -= message.length;
    if (this.#head === COMPACT || this.#head === this.#messages.length) {
      this.#messages = this.#messages.slice(this.#head);
      this.#head = 0;
    }
    return message;
  }
}

import type { ElemBatch } from '#core/elem/batch.ts';
import { BgpError } from '#core/error.ts';
import type { Subscription } from './subscription.ts';
import {
  parseSocketOptions,
  parseSubscription,
  SOCKET_DEFAULTS,
  SubscriptionMatcher,
} from './subscription.ts';

/** Where a client's messages go: a WebSocket, or the lines of an HTTP answer. */
export interface RisSink {
  /** Bytes accepted but not yet taken. */
  readonly bufferedAmount: number;
  send(text: string): void;
  close(code: number, reason: string): void;
}

/** Subscriptions that differ in their prefixes only. */
interface Topic {
  readonly base: Subscription;
  readonly prefixes: Set<string>;
  matcher: SubscriptionMatcher;
}

/** More than this waiting for a client, and it is not keeping up: RIPE's rule is to say so and close. */
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;
const MAX_TOPICS = 200;
const MAX_PREFIXES = 10_000;

/** One client of the RIS Live protocol: its subscriptions, and what it is sent. */
export class RisClient {
  readonly #sink: RisSink;
  readonly #topics = new Map<string, Topic>();
  #options = SOCKET_DEFAULTS;
  #prefixCount = 0;
  #isClosed = false;
  sentMessages = 0;
  sentBytes = 0;

  constructor(sink: RisSink) {
    this.#sink = sink;
  }

  get includeRaw(): boolean {
    return this.#options.includeRaw;
  }

  get subscriptionCount(): number {
    return this.#topics.size;
  }

  /** @throws {BgpError} RIS_BAD_REQUEST */
  subscribe(data: unknown): void {
    const wanted = parseSubscription(data);
    this.#options = parseSocketOptions(data) ?? this.#options;
    const key = topicKey(wanted);
    const known = this.#topics.get(key);
    const prefixes = new Set([...(known?.prefixes ?? []), ...wanted.prefixes]);
    const prefixCount = this.#prefixCount - (known?.prefixes.size ?? 0) + prefixes.size;
    if (prefixCount > MAX_PREFIXES || (!known && this.#topics.size >= MAX_TOPICS)) {
      throw new BgpError('RIS_BAD_REQUEST', `over ${MAX_TOPICS} subscriptions or ${MAX_PREFIXES} prefixes`);
    }
    this.#prefixCount = prefixCount;
    this.#topics.set(key, { base: wanted, prefixes, matcher: matcherOf(wanted, prefixes) });
    if (this.#options.acknowledge) {
      this.send({
        type: 'ris_subscribe_ok',
        data: { subscription: subscriptionOf(data), socketOptions: this.#options },
      });
    }
  }

  /** Forgets what was subscribed with the same parameters; of a list of prefixes those given. @throws {BgpError} RIS_BAD_REQUEST */
  unsubscribe(data: unknown): void {
    const unwanted = parseSubscription(data);
    const key = topicKey(unwanted);
    const known = this.#topics.get(key);
    if (!known) throw new BgpError('RIS_BAD_REQUEST', 'there is no such subscription');
    for (const prefix of unwanted.prefixes) if (known.prefixes.delete(prefix)) this.#prefixCount--;
    if (known.prefixes.size === 0) this.#topics.delete(key);
    else known.matcher = matcherOf(known.base, known.prefixes);
  }

  /** Whether a subscription wants the message of elems `from .. to`. */
  wants(batch: ElemBatch, from: number, to: number): boolean {
    for (const { matcher } of this.#topics.values()) if (matcher.matches(batch, from, to)) return true;
    return false;
  }

  /** A control message. */
  send(message: { readonly type: string; readonly data: unknown }): void {
    if (!this.#isClosed) this.#sink.send(JSON.stringify(message));
  }

  /** A `ris_message` as text, shared with others. @returns false when the client was too slow, and is closed now. */
  deliver(text: string): boolean {
    if (this.#isClosed) return true;
    if (this.#sink.bufferedAmount > MAX_BUFFERED_BYTES) {
      this.send({ type: 'ris_error', data: { message: 'client too slow: messages pile up' } });
      this.close(1013, 'client too slow');
      return false;
    }
    this.sentMessages++;
    this.sentBytes += text.length;
    this.#sink.send(text);
    return true;
  }

  close(code: number, reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#sink.close(code, reason);
  }
}

function topicKey({ prefixes, ...rest }: Subscription): string {
  return JSON.stringify([rest, prefixes.length > 0]);
}

function matcherOf(base: Subscription, prefixes: ReadonlySet<string>): SubscriptionMatcher {
  return new SubscriptionMatcher({ ...base, prefixes: [...prefixes] });
}

/** The subscription as it was sent, for the acknowledgement. */
function subscriptionOf(data: unknown): unknown {
  const { socketOptions: _, ...subscription } = (data ?? {}) as Record<string, unknown>;
  return subscription;
}

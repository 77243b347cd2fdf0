import { BatchBuilder } from '#core/elem/builder.ts';
import { BgpError } from '#core/error.ts';
import { RisLiveDecoder } from '#core/rislive/decoder.ts';
import type { SourceStatus } from '#core/wire/control.ts';
import type { Log } from '../log.ts';
import { SILENT } from '../log.ts';
import { Backoff } from './backoff.ts';
import { BeaconWatch } from './beacon.ts';
import type { InboxLimits } from './inbox.ts';
import { Inbox } from './inbox.ts';
import { LagWatch } from './lag.ts';
import type { RisConnection, RisSubscription } from './ris-connection.ts';
import { connectRis } from './ris-connection.ts';
import type { Clock, Source, SourceEvent, SourceStats } from './source.ts';
import { SYSTEM_CLOCK } from './source.ts';

export interface RisLiveOptions {
  readonly url: string;
  readonly client: string;
  /** Only these collectors; none means all. */
  readonly collectors: readonly string[];
  /** Only these prefixes and their more specifics; none means all. */
  readonly prefixes: readonly string[];
  readonly includeRaw: boolean;
  readonly openMs: number;
  /** Nothing heard for this long: reconnect. */
  readonly silenceMs: number;
  /** Messages older than this on arrival for `lagWindowMs`: reconnect. */
  readonly lagMs: number;
  readonly lagWindowMs?: number;
  /** First wait before a reconnect (default 1 s). */
  readonly backoffMs?: number;
  readonly inbox?: InboxLimits;
  readonly clock?: Clock;
  readonly log?: Log;
}

/** Why a connection was given up. */
type Reason = 'closed' | 'silent' | 'lagging' | 'error' | 'unreachable';

const PING_MS = 40_000;
const CHECK_MS = 250;
/** Decoding works this long before sockets and timers get their turn. */
const TURN_MS = 10;
const LAG_WINDOW_MS = 10_000;
/** A server that announced its end may close by itself for so long. */
const FINAL_ERROR_MS = 1000;
/** A message stamped later than this from now has a wrong clock behind it and does not move our data time. */
const MAX_AHEAD_MS = 300_000;
/** Reconnecting because of lag is given up after this many fruitless times: then it is our clock. */
const MAX_LAG_RECONNECTS = 3;

/** RIPE RIS Live as a source: reconnects for ever, and says in its status what is wrong meanwhile. */
export class RisLiveSource implements Source {
  readonly batches: AsyncIterable<SourceEvent>;
  readonly isElastic = false;
  /** Whether the first connection attempt succeeded; resolves once. */
  readonly opened: Promise<boolean>;
  readonly #options: RisLiveOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #inbox: Inbox;
  readonly #builder = new BatchBuilder();
  readonly #decoder = new RisLiveDecoder(this.#builder);
  readonly #backoff: Backoff;
  readonly #lag: LagWatch;
  readonly #beacons: BeaconWatch;
  readonly #isNarrow: boolean;
  readonly #badByCode = new Map<string, number>();
  readonly #reconnects = new Map<Reason, number>();
  readonly #check: NodeJS.Timeout;
  #tellOpened: (isOpen: boolean) => void = () => undefined;
  #wake: () => void = () => undefined;
  #connection: RisConnection | null = null;
  #retry: NodeJS.Timeout | undefined;
  #isOpen = false;
  #isClosed = false;
  #heardMs = 0;
  #errorMs: number | null = null;
  #lagReconnects = 0;
  #state: SourceStatus['state'] = 'connecting';
  #reason = '';
  #dataTimeUs: number | null = null;
  #lagMs: number | null = null;
  #messages = 0;
  #elems = 0;

  constructor(options: RisLiveOptions) {
    this.#options = options;
    this.#isNarrow = options.prefixes.length > 0;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#log = options.log ?? SILENT;
    this.#inbox = new Inbox(options.inbox);
    this.#backoff = new Backoff(() => this.#clock.random(), options.backoffMs);
    this.#lag = new LagWatch(options.lagMs, options.lagWindowMs ?? LAG_WINDOW_MS);
    this.#beacons = new BeaconWatch(this.#clock.nowMs());
    this.opened = new Promise((resolve) => (this.#tellOpened = resolve));
    this.#check = setInterval(() => this.#checkRules(), CHECK_MS);
    this.#connect();
    this.batches = this.#decode();
  }

  status(): SourceStatus {
    const { collectors } = this.#options;
    return {
      kind: 'ris-live',
      label: collectors.length === 0 ? 'RIS Live' : `RIS Live (${collectors.join(', ')})`,
      state: this.#state,
      reason: this.#reason || this.#beaconReason(),
      speed: null,
      pass: null,
      startUs: null,
      endUs: null,
      dataTimeUs: this.#dataTimeUs,
      lagMs: this.#lagMs,
      messages: this.#messages,
      elems: this.#elems,
      badMessages: sum(this.#badByCode),
      reconnects: sum(this.#reconnects),
    };
  }

  stats(): SourceStats {
    return {
      queued: this.#inbox.length,
      queueLimit: this.#inbox.limit,
      dropped: this.#inbox.dropped,
      badByCode: this.#badByCode,
      reconnectsByReason: this.#reconnects,
    };
  }

  close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#check);
    clearTimeout(this.#retry);
    this.#connection?.close();
    this.#state = 'ended';
    this.#tellOpened(false);
    this.#wake();
    return Promise.resolve();
  }

  #connect(): void {
    const { url, client, openMs, silenceMs } = this.#options;
    this.#isOpen = false;
    this.#errorMs = null;
    this.#connection = connectRis(
      // A narrow subscription may have nothing to say for hours: there the answers to pings are the sign of life.
      {
        url,
        client,
        openMs,
        subscriptions: this.#subscriptions(),
        pingMs: this.#isNarrow ? silenceMs / 3 : PING_MS,
      },
      {
        opened: () => this.#onOpen(),
        message: (data) => this.#onMessage(data),
        closed: (detail) => this.#reconnect(this.#closeReason(), detail),
      },
    );
  }

  #subscriptions(): RisSubscription[] {
    const { collectors, prefixes, includeRaw } = this.#options;
    const wanted = {
      ...(this.#isNarrow && { prefix: prefixes, moreSpecific: true }),
      socketOptions: { includeRaw },
    };
    return collectors.length === 0 ? [wanted] : collectors.map((host) => ({ host, ...wanted }));
  }

  #closeReason(): Reason {
    if (this.#errorMs !== null) return 'error';
    return this.#isOpen ? 'closed' : 'unreachable';
  }

  #onOpen(): void {
    this.#isOpen = true;
    this.#heardMs = performance.now();
    this.#lag.restart(this.#heardMs);
    this.#log.info('ris.connected', { url: this.#options.url });
    this.#tellOpened(true);
  }

  #onMessage(data: Buffer): void {
    this.#heardMs = performance.now();
    if (this.#inbox.push(data)) this.#wake();
  }

  /** Give up the connection and try again after a while. */
  #reconnect(reason: Reason, detail: string): void {
    if (this.#isClosed) return;
    this.#connection?.close();
    this.#isOpen = false;
    this.#tellOpened(false);
    this.#reconnects.set(reason, (this.#reconnects.get(reason) ?? 0) + 1);
    this.#state = reason === 'silent' || reason === 'lagging' ? reason : 'connecting';
    this.#reason = detail;
    const waitMs = this.#backoff.next();
    this.#log.warn('ris.lost', { reason, detail, retryMs: Math.round(waitMs) });
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#connect(), waitMs);
  }

  #checkRules(): void {
    if (!this.#isOpen) return;
    const nowMs = performance.now();
    const { silenceMs, lagMs } = this.#options;
    if (this.#errorMs !== null && nowMs - this.#errorMs > FINAL_ERROR_MS) {
      return this.#reconnect('error', this.#reason);
    }
    if (nowMs - this.#heardMs > silenceMs) {
      return this.#reconnect('silent', `nothing heard for ${silenceMs / 1000} s`);
    }
    if (!this.#lag.isLagging(nowMs)) return;
    const behind = `messages are more than ${Math.round(lagMs / 1000)} s old when they arrive`;
    if (this.#lagReconnects < MAX_LAG_RECONNECTS) {
      this.#lagReconnects++;
      return this.#reconnect('lagging', behind);
    }
    this.#state = 'lagging';
    this.#reason = `${behind}, and reconnecting did not help: is this machine's clock right?`;
  }

  async *#decode(): AsyncGenerator<SourceEvent> {
    while (!this.#isClosed) {
      if (this.#inbox.length === 0) {
        await new Promise<void>((resolve) => (this.#wake = resolve));
        continue;
      }
      const untilMs = performance.now() + TURN_MS;
      while (this.#inbox.length > 0 && performance.now() < untilMs) {
        this.#take(this.#inbox.shift()!.toString('utf8'));
        if (this.#builder.isFull) yield this.#batch();
      }
      if (this.#builder.length > 0) yield this.#batch();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #batch(): SourceEvent {
    const batch = this.#builder.take();
    this.#elems += batch.length;
    if (!this.#isNarrow) this.#beacons.step(batch, this.#clock.nowMs());
    return { type: 'batch', batch };
  }

  /** The one place where bad frames are caught. */
  #take(text: string): void {
    try {
      const result = this.#decoder.decode(text);
      if (result.type === 'error') return this.#onFinalError(result.detail);
      if (!('timeUs' in result)) return;
      this.#onTime(result.timeUs);
      if (result.type === 'update' && result.badPrefixes > 0)
        this.#countBad('PREFIX_BAD', result.badPrefixes);
    } catch (cause) {
      if (!(cause instanceof BgpError)) throw cause;
      // The first of its kind is described, the rest only counted: a broken stream must not flood the log.
      if (!this.#badByCode.has(cause.code)) this.#log.warn('ris.bad-message', { detail: cause.message });
      this.#countBad(cause.code, 1);
    }
  }

  #onTime(timeUs: number): void {
    this.#messages++;
    this.#lagMs = this.#clock.nowMs() - timeUs / 1000;
    if (this.#lagMs > -MAX_AHEAD_MS) this.#dataTimeUs = Math.max(this.#dataTimeUs ?? 0, timeUs);
    if (this.#lag.step(this.#lagMs, performance.now())) this.#lagReconnects = 0;
    else if (this.#state === 'lagging') return;
    if (this.#state === 'running') return;
    this.#state = 'running';
    this.#reason = '';
    this.#backoff.reset();
  }

  /** RIPE's last word before it closes; its wording is not documented. */
  #onFinalError(detail: string): void {
    this.#log.warn('ris.error', { detail });
    this.#errorMs = performance.now();
    this.#reason = `RIS Live said: ${detail}`;
  }

  #countBad(code: string, count: number): void {
    this.#badByCode.set(code, (this.#badByCode.get(code) ?? 0) + count);
  }

  #beaconReason(): string {
    const isOverdue =
      this.#state === 'running' && !this.#isNarrow && this.#beacons.isOverdue(this.#clock.nowMs());
    return isOverdue ? 'no RIPE routing beacon was heard for 4.5 hours: the stream may not be whole' : '';
  }
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}

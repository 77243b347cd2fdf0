import type { ElemBatch } from '#core/elem/batch.ts';
import { BgpError } from '#core/error.ts';
import { messageEnd } from '../batcher.ts';
import type { Hub } from '../hub.ts';
import type { RisSink } from './client.ts';
import { RisClient } from './client.ts';
import type { RisEncode } from './encode.ts';
import { createRisEncode } from './encode.ts';

/** Counters of the RIS Live server since the start. */
export interface RisServerStats {
  readonly clients: number;
  readonly subscriptions: number;
  /** RIS messages encoded: once per message and form (with or without `raw`), however many clients. */
  readonly encodes: number;
  readonly sentMessages: number;
  readonly sentBytes: number;
  readonly tooSlow: number;
  readonly badRequests: number;
}

/** Collectors remembered for `request_rrc_list`. */
const MAX_COLLECTORS = 1000;

/** Speaks RIPE's RIS Live protocol to other clients, fed from the hub. */
export class RisServer {
  readonly #hub: Hub;
  readonly #encode: RisEncode = createRisEncode();
  readonly #clients = new Set<RisClient>();
  readonly #collectors = new Set<string>();
  readonly #unlisten: () => void;
  readonly #totals = { encodes: 0, sentMessages: 0, sentBytes: 0, tooSlow: 0, badRequests: 0 };

  constructor(hub: Hub) {
    this.#hub = hub;
    this.#unlisten = hub.listen((batch) => this.#take(batch));
  }

  stats(): RisServerStats {
    let { sentMessages, sentBytes } = this.#totals;
    let subscriptions = 0;
    for (const client of this.#clients) {
      sentMessages += client.sentMessages;
      sentBytes += client.sentBytes;
      subscriptions += client.subscriptionCount;
    }
    return { ...this.#totals, clients: this.#clients.size, subscriptions, sentMessages, sentBytes };
  }

  join(sink: RisSink): RisClient {
    const client = new RisClient(sink);
    this.#clients.add(client);
    if (this.#clients.size === 1) this.#hub.hold();
    return client;
  }

  /** The client's connection is closed. */
  leave(client: RisClient): void {
    if (!this.#clients.delete(client)) return;
    if (this.#clients.size === 0) this.#hub.release();
    this.#totals.sentMessages += client.sentMessages;
    this.#totals.sentBytes += client.sentBytes;
  }

  /** One message from a client. What is wrong with it is answered with a `ris_error`; the connection stays. */
  request(client: RisClient, text: string): void {
    try {
      this.#answer(client, parseRequest(text));
    } catch (cause) {
      if (!(cause instanceof BgpError)) throw cause;
      this.#totals.badRequests++;
      client.send({ type: 'ris_error', data: { message: cause.message } });
    }
  }

  #answer(client: RisClient, { type, data }: { type: string; data: unknown }): void {
    switch (type) {
      case 'ris_subscribe':
        return client.subscribe(data);
      case 'ris_unsubscribe':
        return client.unsubscribe(data);
      case 'request_rrc_list':
        return client.send({ type: 'ris_rrc_list', data: [...this.#collectors].sort() });
      case 'ping':
        return client.send({ type: 'pong', data: null });
      default:
        throw new BgpError('RIS_BAD_REQUEST', `unknown message type "${type.slice(0, 40)}"`);
    }
  }

  #take(batch: ElemBatch): void {
    for (const collector of batch.collectors) {
      if (this.#collectors.size < MAX_COLLECTORS) this.#collectors.add(hostOf(collector));
    }
    if (this.#clients.size === 0) return;
    for (let from = 0; from < batch.length;) {
      const to = messageEnd(batch, from);
      this.#deliver(batch, from, to);
      from = to;
    }
  }

  #deliver(batch: ElemBatch, from: number, to: number): void {
    const forms: { plain?: readonly string[]; raw?: readonly string[] } = {};
    for (const client of this.#clients) {
      if (!client.wants(batch, from, to)) continue;
      const form = client.includeRaw ? 'raw' : 'plain';
      let texts = forms[form];
      if (!texts) {
        texts = forms[form] = this.#encode(batch, from, to, client.includeRaw);
        this.#totals.encodes++;
      }
      for (const text of texts) if (!client.deliver(text)) this.#totals.tooSlow++;
    }
  }

  /** Close every client. */
  close(): void {
    this.#unlisten();
    for (const client of this.#clients) client.close(1001, 'the relay is stopping');
  }
}

/** Route collectors of RIS by their full name, as RIPE does; any other by the name it has. */
function hostOf(collector: string): string {
  return /^rrc\d+$/.test(collector) ? `${collector}.ripe.net` : collector;
}

function parseRequest(text: string): { type: string; data: unknown } {
  let request: unknown;
  try {
    request = JSON.parse(text);
  } catch (cause) {
    throw new BgpError('RIS_BAD_REQUEST', 'not JSON', { cause });
  }
  if (
    typeof request !== 'object' ||
    request === null ||
    !('type' in request) ||
    typeof request.type !== 'string'
  ) {
    throw new BgpError('RIS_BAD_REQUEST', 'a message has a type');
  }
  return { type: request.type, data: 'data' in request ? request.data : null };
}

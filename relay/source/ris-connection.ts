import { WebSocket } from 'ws';

/** What a `ris_subscribe` may ask for; several subscriptions on one connection are a union. */
export interface RisSubscription {
  readonly host?: string;
  readonly prefix?: readonly string[];
  readonly moreSpecific?: boolean;
  readonly socketOptions: { readonly includeRaw: boolean };
}

export interface RisConnectionOptions {
  readonly url: string;
  /** RIPE asks for a name to tell clients apart. */
  readonly client: string;
  readonly subscriptions: readonly RisSubscription[];
  readonly openMs: number;
  readonly pingMs: number;
}

export interface RisConnectionHandlers {
  opened(): void;
  message(data: Buffer): void;
  /** Once, also when it never opened. */
  closed(detail: string): void;
}

export interface RisConnection {
  /** Leave, without a `closed` afterwards. */
  close(): void;
}

/** A frame this large is no BGP message; the socket closes on it. */
const MAX_FRAME_BYTES = 16 * 1024 * 1024;

/** One connection to a RIS Live server: subscribes when open, pings, and tells what comes. Never throws. */
export function connectRis(options: RisConnectionOptions, handlers: RisConnectionHandlers): RisConnection {
  const url = new URL(options.url);
  url.searchParams.set('client', options.client);
  const socket = new WebSocket(url, {
    handshakeTimeout: options.openMs,
    maxPayload: MAX_FRAME_BYTES,
    // Worth its cost over the Internet, not on loopback.
    perMessageDeflate: url.protocol === 'wss:',
  });
  let detail = '';
  let pings: NodeJS.Timeout | undefined;
  // The handshake timeout does not cover name resolution.
  const opening = setTimeout(() => {
    detail = `no answer in ${options.openMs / 1000} s`;
    socket.terminate();
  }, options.openMs);
  const send = (type: string, data: unknown): void => socket.send(JSON.stringify({ type, data }));
  socket.on('open', () => {
    clearTimeout(opening);
    for (const subscription of options.subscriptions) send('ris_subscribe', subscription);
    pings = setInterval(() => send('ping', null), options.pingMs);
    handlers.opened();
  });
  socket.on('message', (data, isBinary) => {
    if (!isBinary) handlers.message(data as Buffer);
  });
  socket.on('error', (cause) => {
    detail ||= describe(cause);
  });
  socket.on('close', (code, reason) => {
    clearTimeout(opening);
    clearInterval(pings);
    handlers.closed(detail || `closed with ${code}${reason.length > 0 ? ` ${reason.toString('utf8')}` : ''}`);
  });
  return {
    close() {
      clearTimeout(opening);
      clearInterval(pings);
      socket.removeAllListeners();
      // A socket that is still opening reports its own end as an error.
      socket.on('error', () => undefined);
      socket.terminate();
    },
  };
}

function describe(cause: Error): string {
  // Node races IPv4 against IPv6 and reports both failures as one error without a message.
  const errors = cause instanceof AggregateError ? (cause.errors as Error[]) : [cause];
  return errors.map(({ message }) => message).join('; ');
}

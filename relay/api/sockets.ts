import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';

/** A path that speaks WebSocket. */
export interface SocketRoute {
  readonly path: string;
  /** A new connection. */
  accept(socket: WebSocket, query: URLSearchParams): void;
}

export interface SocketOptions {
  readonly maxClients: number;
  /** Web origins besides our own that may connect; `*` is any. */
  readonly allowOrigin: readonly string[];
  /** How often a client must show that it is there, ms. */
  readonly heartbeatMs?: number;
}

/** Largest message taken from a client: a filter of 10,000 prefixes fits. */
const MAX_MESSAGE_BYTES = 1024 * 1024;
const HEARTBEAT_MS = 20_000;

/** All WebSocket connections of the server. */
export interface Sockets {
  readonly count: number;
  readonly refused: number;
  close(): void;
}

/**
 * Take WebSocket upgrades on `server`. A page of another origin is refused (403) unless allowed, so that no stranger's
 * page reads a relay on somebody's loopback; clients that are not browsers send no Origin and are let in.
 */
export function attachSockets(
  server: Server,
  routes: readonly SocketRoute[],
  options: SocketOptions,
): Sockets {
  // Frames arrive compressed; compressing again per client would cost 21 to 26 times as much.
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
    clientTracking: true,
  });
  let refused = 0;
  const upgrade = (request: IncomingMessage, stream: Duplex, head: Buffer): void => {
    stream.on('error', () => stream.destroy());
    const url = new URL(request.url ?? '/', 'ws://relay');
    const route = routes.find(({ path }) => path === url.pathname || `${path}/` === url.pathname);
    const problem = route ? refusal(request, sockets.clients.size, options) : 'HTTP/1.1 404 Not Found';
    if (!route || problem !== null) {
      refused++;
      stream.end(`${problem}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, stream, head, (socket) => {
      socket.on('error', () => socket.terminate());
      watch(socket);
      route.accept(socket, url.searchParams);
    });
  };
  server.on('upgrade', upgrade);
  const timer = setInterval(() => beat(sockets.clients), options.heartbeatMs ?? HEARTBEAT_MS);
  return {
    get count() {
      return sockets.clients.size;
    },
    get refused() {
      return refused;
    },
    close() {
      clearInterval(timer);
      server.off('upgrade', upgrade);
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
    },
  };
}

function refusal(request: IncomingMessage, clients: number, options: SocketOptions): string | null {
  if (clients >= options.maxClients) return 'HTTP/1.1 503 Service Unavailable\r\nRetry-After: 30';
  const { origin, host } = request.headers;
  if (origin === undefined || options.allowOrigin.includes('*') || options.allowOrigin.includes(origin))
    return null;
  const isOwn = URL.canParse(origin) && new URL(origin).host === host;
  return isOwn ? null : 'HTTP/1.1 403 Forbidden';
}

/** Sockets that have not answered the last ping. */
const unanswered = new WeakSet<WebSocket>();

function watch(socket: WebSocket): void {
  socket.on('pong', () => unanswered.delete(socket));
}

function beat(clients: Iterable<WebSocket>): void {
  for (const socket of clients) {
    if (unanswered.has(socket)) {
      socket.terminate();
    } else {
      unanswered.add(socket);
      socket.ping();
    }
  }
}

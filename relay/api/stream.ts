import type { RawData, WebSocket } from 'ws';
import type { ElemFilter } from '#core/elem/filter.ts';
import { parseFilter } from '#core/elem/filter.ts';
import { BgpError } from '#core/error.ts';
import type { ServerMessage } from '#core/wire/control.ts';
import type { Hub, StreamRequest } from '../hub.ts';
import type { ClientSocket, StreamClient } from '../hub/client.ts';
import type { Relay } from '../relay.ts';
import type { SocketRoute } from './sockets.ts';

const MAX_BACKFILL = 100_000;
/** Filter changes a client may make in a row before it must wait, and how fast it wins new ones. */
const MAX_CHANGES = 20;
const CHANGES_PER_S = 2;

/** `/stream`: the binary stream of docs/wire.md. */
export function streamRoute(relay: Relay): SocketRoute {
  return {
    path: '/stream',
    accept(socket, query) {
      const request = readRequest(query);
      if (typeof request === 'string') return refuse(socket, 'STREAM_BAD_QUERY', request);
      if (request instanceof BgpError) return refuse(socket, request.code, request.message);
      const client = relay.hub.join(asClientSocket(socket), request, relay.status());
      if (!client) return refuse(socket, 'STREAM_FULL', 'too many different filters are in use', 1013);
      relay.heard();
      const changes = allowance();
      socket.on('message', (data, isBinary) =>
        takeMessage(socket, relay.hub, client, changes, data, isBinary),
      );
      socket.on('close', () => {
        relay.hub.leave(client);
        relay.heard();
      });
    },
  };
}

function asClientSocket(socket: WebSocket): ClientSocket {
  return {
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
    sendText: (text) => socket.send(text),
    sendFrame: (frame, sent) => socket.send(frame, { binary: true }, sent),
    close: (code, reason) => socket.close(code, reason),
  };
}

/** The query of docs/wire.md §2; text says what is wrong with it. */
function readRequest(query: URLSearchParams): StreamRequest | string | BgpError {
  const values = { after: 0, stream: 0, backfill: 0 };
  const bounds = { after: Number.MAX_SAFE_INTEGER, stream: 0xffff_ffff, backfill: MAX_BACKFILL };
  for (const name of ['after', 'stream', 'backfill'] as const) {
    const text = query.get(name);
    if (text === null) continue;
    values[name] = Number(text);
    const isGood = /^\d{1,16}$/.test(text) && values[name] <= bounds[name];
    if (!isGood) return `${name} must be a whole number up to ${bounds[name]}`;
  }
  if (query.has('after') !== query.has('stream')) return 'after and stream come together';
  const resume = query.has('after') ? { stream: values.stream, after: values.after } : null;
  const filter = readFilter(query.get('filter'));
  return filter instanceof BgpError ? filter : { resume, backfill: values.backfill, filter };
}

function readFilter(text: string | null): ElemFilter | null | BgpError {
  if (text === null || text === '') return null;
  try {
    return parseFilter(JSON.parse(text));
  } catch (cause) {
    return cause instanceof BgpError ? cause : new BgpError('FILTER_BAD', 'not JSON', { cause });
  }
}

function takeMessage(
  socket: WebSocket,
  hub: Hub,
  client: StreamClient,
  changes: () => boolean,
  data: RawData,
  isBinary: boolean,
): void {
  const filter = isBinary ? 'a text message was expected' : readMessage((data as Buffer).toString('utf8'));
  if (typeof filter === 'string') return refuse(socket, 'STREAM_BAD_MESSAGE', filter);
  if (filter instanceof BgpError) return refuse(socket, filter.code, filter.message);
  if (!changes()) return refuse(socket, 'STREAM_BUSY', 'the filter is changed too often');
  if (!hub.refilter(client, filter)) {
    refuse(socket, 'STREAM_FULL', 'too many different filters are in use', 1013);
  }
}

function readMessage(text: string): ElemFilter | null | string | BgpError {
  try {
    const message = JSON.parse(text) as unknown;
    if (
      typeof message !== 'object' ||
      message === null ||
      !('type' in message) ||
      message.type !== 'filter'
    ) {
      return 'only filter messages are known';
    }
    if (!('filter' in message)) return 'a filter message has a filter';
    return message.filter === null ? null : parseFilter(message.filter);
  } catch (cause) {
    return cause instanceof BgpError ? cause : 'not JSON';
  }
}

/** Say what was wrong and close. */
function refuse(socket: WebSocket, code: string, detail: string, closeCode = 1008): void {
  const message: ServerMessage = { type: 'error', code, detail };
  socket.send(JSON.stringify(message));
  socket.close(closeCode, code);
}

/** A token bucket: true while there is allowance left. */
function allowance(): () => boolean {
  let left = MAX_CHANGES;
  let sinceMs = performance.now();
  return () => {
    const nowMs = performance.now();
    left = Math.min(MAX_CHANGES, left + ((nowMs - sinceMs) / 1000) * CHANGES_PER_S);
    sinceMs = nowMs;
    if (left < 1) return false;
    left--;
    return true;
  };
}

import type { FastifyInstance, FastifyReply } from 'fastify';
import { BgpError } from '#core/error.ts';
import type { Relay } from '../relay.ts';
import type { RisServer } from '../ris/server.ts';
import { parseSocketOptions, parseSubscription } from '../ris/subscription.ts';
import { sendProblem } from './problem.ts';
import type { SocketRoute } from './sockets.ts';

/** `/v1/ws/`: RIPE's RIS Live protocol, so that its clients work with our address in place of RIPE's. */
export function risLiveRoute(relay: Relay, server: RisServer): SocketRoute {
  return {
    path: '/v1/ws',
    accept(socket) {
      const client = server.join({
        get bufferedAmount() {
          return socket.bufferedAmount;
        },
        send: (text) => socket.send(text),
        close: (code, reason) => socket.close(code, reason),
      });
      relay.heard();
      socket.on('message', (data) => server.request(client, (data as Buffer).toString('utf8')));
      socket.on('close', () => {
        server.leave(client);
        relay.heard();
      });
    },
  };
}

/**
 * `/v1/stream/?format=json`: the same messages, one per line of an endless answer. What is wanted stands in the
 * `X-RIS-Subscribe` header as the JSON of a `ris_subscribe`'s data; without it, everything.
 */
export function serveRisStream(app: FastifyInstance, relay: Relay, server: RisServer): void {
  for (const path of ['/v1/stream', '/v1/stream/']) {
    app.get<{ Querystring: { format?: string } }>(path, (request, reply) => {
      const { format = 'json' } = request.query;
      if (format !== 'json') return sendProblem(reply, 400, 'Bad request', 'Only format=json is answered.');
      const header = request.headers['x-ris-subscribe'];
      streamLines(reply, relay, server, typeof header === 'string' ? header : '{}');
      return reply;
    });
  }
}

function streamLines(reply: FastifyReply, relay: Relay, server: RisServer, header: string): void {
  let subscription: unknown;
  try {
    subscription = JSON.parse(header);
    parseSubscription(subscription);
    parseSocketOptions(subscription);
  } catch (cause) {
    sendProblem(
      reply,
      400,
      'Bad request',
      cause instanceof BgpError ? cause.message : 'X-RIS-Subscribe is not JSON',
    );
    return;
  }
  const { raw } = reply.hijack();
  raw.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
  raw.flushHeaders();
  const client = server.join({
    get bufferedAmount() {
      return raw.writableLength;
    },
    send: (text) => raw.write(`${text}\n`),
    close: () => raw.end(),
  });
  client.subscribe(subscription);
  relay.heard();
  raw.on('close', () => {
    server.leave(client);
    relay.heard();
  });
}

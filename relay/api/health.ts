import type { FastifyInstance } from 'fastify';
import type { Relay } from '../relay.ts';

/** `/healthz`: the process answers. `/readyz`: it has a running source and a page to serve, else 503 and why not. */
export function serveHealth(app: FastifyInstance, relay: Relay, isPageBuilt: () => boolean): void {
  app.get('/healthz', (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'ok' }));
  app.get('/readyz', (_request, reply) => {
    const { state, reason } = relay.status();
    const isRunning = state === 'running' || state === 'ended';
    const missing = [
      ...(isRunning ? [] : [`source is ${state}${reason === '' ? '' : `: ${reason}`}`]),
      ...(isPageBuilt() ? [] : ['the page is not built']),
    ];
    return reply
      .code(missing.length === 0 ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ status: missing.length === 0 ? 'ready' : 'not ready', missing });
  });
}

import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify';
import type { Log } from '../log.ts';

/** Send an error as problem+json (RFC 9457). `detail` is for people. */
export function sendProblem(
  reply: FastifyReply,
  status: number,
  title: string,
  detail: string,
): FastifyReply {
  return reply
    .code(status)
    .header('cache-control', 'no-store')
    .type('application/problem+json')
    .send(JSON.stringify({ type: 'about:blank', title, status, detail }));
}

/** Answer every failed request with a problem; what is our fault is logged and not explained to strangers. */
export function answerErrors(app: FastifyInstance, log: Log): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status < 500) return sendProblem(reply, status, titleOf(status), error.message);
    log.error('http.failed', {
      method: request.method,
      path: request.url.slice(0, 200),
      detail: error.message,
    });
    return sendProblem(reply, status, titleOf(status), 'The relay failed to answer; its log says why.');
  });
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  404: 'Not found',
  405: 'Method not allowed',
  429: 'Too many requests',
  500: 'Internal error',
  503: 'Not available',
};

function titleOf(status: number): string {
  return TITLES[status] ?? 'Error';
}

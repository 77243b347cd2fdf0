import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { RoutingEvent } from '#core/event/event.ts';
import type { ImportStatus } from '#core/event/import-status.ts';
import { findEvent } from '../event/catalogue.ts';
import { sendProblem } from './problem.ts';

/** Whoever imports events into the archive, one at a time. */
export interface EventImports {
  readonly status: ImportStatus;
  /** @returns whether it began: not while another is under way, nor while the archive cannot be opened. */
  start(event: RoutingEvent): boolean | Promise<boolean>;
  /** Resolves when what was under way has ended. */
  cancel(): Promise<void>;
}

/**
 * `/api/import`: POST `{"event": id}` begins to fetch an event of the catalogue into the archive (202; 409 while another is
 * under way), GET tells how far it is, DELETE ends it. What changes something is for our own page and for programs: a page of
 * another origin is refused. @param imports null without an archive
 */
export function serveImport(app: FastifyInstance, imports: EventImports | null): void {
  app.get('/api/import', (_request, reply) => (imports ? answer(reply, 200, imports) : unavailable(reply)));

  app.post('/api/import', async (request, reply) => {
    if (!imports) return unavailable(reply);
    if (!isOwnOrigin(request)) return foreign(reply);
    const id = (request.body as { readonly event?: unknown } | null | undefined)?.event;
    if (typeof id !== 'string')
      return sendProblem(reply, 400, 'Bad request', 'the body is to be {"event": "an id of the catalogue"}');
    const event = await findEvent(id);
    if (!event) return sendProblem(reply, 404, 'Not found', `no event ${id.slice(0, 64)} in the catalogue`);
    if (await imports.start(event)) return answer(reply, 202, imports);
    const { state, event: other } = imports.status;
    if (state === 'listing' || state === 'importing')
      return sendProblem(reply, 409, 'Conflict', `${other ?? 'another event'} is being imported`);
    return sendProblem(reply, 503, 'Not available', 'the archive cannot be written at the moment');
  });

  app.delete('/api/import', async (request, reply) => {
    if (!imports) return unavailable(reply);
    if (!isOwnOrigin(request)) return foreign(reply);
    await imports.cancel();
    return answer(reply, 200, imports);
  });
}

/** Browsers name the origin of the page that asks; programs send none. */
function isOwnOrigin({ headers }: FastifyRequest): boolean {
  const { origin, host } = headers;
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
}

function answer(reply: FastifyReply, status: number, imports: EventImports): FastifyReply {
  return reply.code(status).header('cache-control', 'no-store').send(imports.status);
}

function unavailable(reply: FastifyReply): FastifyReply {
  return sendProblem(reply, 503, 'Not available', 'this relay keeps no archive to import into');
}

function foreign(reply: FastifyReply): FastifyReply {
  return sendProblem(reply, 403, 'Forbidden', 'only the relay’s own pages may import');
}

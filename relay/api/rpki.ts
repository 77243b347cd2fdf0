import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { formatPrefix } from '#core/prefix/prefix.ts';
import type { RpkiData } from '#core/rpki/data.ts';
import type { Route } from '#core/rpki/validity.ts';
import {
  formatError,
  formatValidity,
  formatValidityList,
  MAX_ROUTES,
  readRoute,
} from '#core/rpki/validity.ts';
import type { RpkiMirror } from '../rpki/mirror.ts';
import { ValidityProxy } from '../rpki/validity-proxy.ts';
import { sendProblem } from './problem.ts';

/** Body of `POST /api/v1/validity`: room for `MAX_ROUTES` routes. */
const MAX_BODY_BYTES = 1024 * 1024;
const COMPACT_TYPE = 'application/octet-stream';

/**
 * `/rpki/…`: the compact snapshot and deltas that browsers load; `/api/v1/validity` and `/validity`: Routinator's
 * validity API, answered from the mirror.
 * @param mirror null when no validator is configured: every question is then answered with 503
 */
export function serveRpki(app: FastifyInstance, mirror: RpkiMirror | null): void {
  app.get('/rpki/status', (_request, reply) => {
    reply.header('cache-control', 'no-store');
    return reply.send(mirror ? { configured: true, ...mirror.status() } : { configured: false });
  });
  app.get('/rpki/snapshot', (request, reply) => sendSnapshot(mirror, request, reply));
  app.get('/rpki/delta', (request, reply) => sendDelta(mirror, request, reply));
  serveValidity(app, mirror);
}

async function sendSnapshot(
  mirror: RpkiMirror | null,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const tag = mirror?.publication.tag ?? null;
  if (!mirror || tag === null) return sendNothing(mirror, reply);
  const etag = `"${tag}"`;
  const { v } = request.query as { v?: unknown };
  // A version in the address names bytes that never change.
  const isPinned = v === tag;
  if (v !== undefined && !isPinned) {
    return sendProblem(reply, 404, 'Not found', 'Only the current version can be had.');
  }
  reply
    .header('etag', etag)
    .header('vary', 'accept-encoding')
    .header('cache-control', isPinned ? 'public, max-age=31536000, immutable' : 'no-cache');
  if (matches(request.headers['if-none-match'], etag)) return reply.code(304).send();
  const acceptsGzip = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
  const { publication } = mirror;
  const bytes = await (acceptsGzip ? publication.snapshot() : publication.plainSnapshot());
  if (acceptsGzip) reply.header('content-encoding', 'gzip');
  return reply.type(COMPACT_TYPE).send(bytes);
}

/** Deltas one after the other, each behind its length in four bytes, big-endian. */
function sendDelta(mirror: RpkiMirror | null, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (!mirror?.data) return sendNothing(mirror, reply);
  const { from } = request.query as { from?: unknown };
  if (typeof from !== 'string' || !/^\d{1,20}-\d{1,16}$/.test(from)) {
    return sendProblem(reply, 400, 'Bad request', 'from must be a version: session-serial');
  }
  const deltas = mirror.publication.deltasFrom(from);
  reply.header('cache-control', 'no-cache');
  if (deltas === null) {
    return sendProblem(
      reply,
      410,
      'Gone',
      'The way from that version is not known any more: load the snapshot.',
    );
  }
  if (deltas.length === 0) return reply.code(204).send();
  const parts = deltas.flatMap((bytes) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return [length, bytes];
  });
  return reply.type(COMPACT_TYPE).send(Buffer.concat(parts));
}

function sendNothing(mirror: RpkiMirror | null, reply: FastifyReply): FastifyReply {
  const detail = mirror ? 'The RPKI data are being loaded.' : 'No RPKI validator is configured (--rpki).';
  if (mirror) reply.header('retry-after', '5');
  return sendProblem(reply, 503, 'Not available', detail);
}

function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((item) => {
    const text = item.trim();
    return text === '*' || text.replace(/^W\//, '') === etag;
  });
}

function serveValidity(app: FastifyInstance, mirror: RpkiMirror | null): void {
  const base = mirror?.validityBase ?? null;
  const proxy = base && new ValidityProxy(base);
  app.addHook('onClose', () => proxy?.close());
  app.get('/api/v1/validity/*', (request, reply) => {
    const path = (request.params as { '*': string })['*'];
    const slash = path.indexOf('/');
    if (slash === -1) return sendError(reply, 400, 'missing prefix in path');
    return answer(mirror, proxy, reply, path.slice(0, slash), path.slice(slash + 1));
  });
  app.get('/validity', (request, reply) => {
    const query = request.query as Record<string, unknown>;
    const unknown = Object.keys(query).find((key) => key !== 'asn' && key !== 'prefix');
    if (unknown !== undefined) return sendError(reply, 400, `unexpected argument '${unknown}' in query`);
    const { asn, prefix } = query;
    if (typeof asn !== 'string') return sendError(reply, 400, "missing 'asn' argument in query");
    if (typeof prefix !== 'string') return sendError(reply, 400, "missing 'prefix' argument in query");
    return answer(mirror, proxy, reply, asn, prefix);
  });
  const options = { bodyLimit: MAX_BODY_BYTES };
  const post = (request: FastifyRequest, reply: FastifyReply): FastifyReply =>
    answerList(mirror, request, reply);
  app.post('/validity', options, post);
  app.post('/api/v1/validity', options, post);
}

function sendJson(reply: FastifyReply, text: string): FastifyReply {
  return reply
    .header('cache-control', 'no-cache')
    .header('access-control-allow-origin', '*')
    .type('application/json')
    .send(text);
}

function sendError(reply: FastifyReply, status: number, error: string): FastifyReply {
  return sendJson(reply.code(status), formatError(error));
}

async function answer(
  mirror: RpkiMirror | null,
  proxy: ValidityProxy | null,
  reply: FastifyReply,
  asn: string,
  prefix: string,
): Promise<FastifyReply> {
  const { route, error } = readRoute(asn, prefix);
  if (!route) return sendError(reply, 400, error);
  const data = mirror?.data;
  if (data) return sendJson(reply, formatValidity(data.vrps, route, data.version.generatedS));
  const { isV6, bits, words } = route.prefix;
  const text = await proxy?.ask(`AS${route.asn}/${formatPrefix(isV6, bits, words)}`);
  return typeof text === 'string' ? sendJson(reply, text) : sendUnready(mirror, reply);
}

function answerList(mirror: RpkiMirror | null, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const data = mirror?.data;
  if (!data) return sendUnready(mirror, reply);
  const read = readRoutes(request.body);
  if (typeof read === 'string') return sendError(reply, 400, read);
  return sendJson(reply, listText(data, read));
}

function listText(data: RpkiData, routes: readonly Route[]): string {
  return formatValidityList(data.vrps, routes, data.version.generatedS);
}

/** `{"routes":[{"asn":"AS1","prefix":"…"}]}` -> routes, or what is wrong with it. */
function readRoutes(body: unknown): readonly Route[] | string {
  const list = (body as { routes?: unknown } | null)?.routes;
  if (!Array.isArray(list)) return 'could not decode JSON';
  if (list.length > MAX_ROUTES) return `more than ${MAX_ROUTES} routes`;
  const routes: Route[] = [];
  for (const item of list as ({ asn?: unknown; prefix?: unknown } | null)[]) {
    const asn = typeof item?.asn === 'number' ? String(item.asn) : item?.asn;
    const { route, error } =
      typeof asn === 'string' && typeof item?.prefix === 'string'
        ? readRoute(asn, item.prefix)
        : { route: null, error: 'could not decode JSON' };
    if (!route) return error;
    routes.push(route);
  }
  return routes;
}

function sendUnready(mirror: RpkiMirror | null, reply: FastifyReply): FastifyReply {
  if (mirror) reply.header('retry-after', '5');
  return sendError(
    reply,
    503,
    mirror ? 'Initial validation ongoing. Please wait.' : 'No RPKI validator is configured.',
  );
}

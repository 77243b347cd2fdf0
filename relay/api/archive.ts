import { createGzip } from 'node:zlib';
import { pipeline } from 'node:stream';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ArchiveIndex } from '../archive/index-file.ts';
import { SLICE_TYPES } from '../slice/answer.ts';
import type { SliceQuery } from '../slice/query.ts';
import { readSliceQuery } from '../slice/query.ts';
import type { SliceService } from '../slice/service.ts';
import type { ArchiveView } from '../slice/view.ts';
import { sendProblem } from './problem.ts';

/** A window of many frames shrinks no further. */
const SHRINKS: Readonly<Record<SliceQuery['format'], boolean>> = { ndjson: true, arrow: true, rsl: false };

/**
 * `/archive/index.json` and the closed Parquet files (with Range, never changing), `/api/historical` (slices).
 * @param archive null when the relay keeps none: every question is then answered with 503
 */
export async function serveArchive(
  app: FastifyInstance,
  archive: ArchiveView | null,
  slices: SliceService | null,
): Promise<void> {
  if (!archive || !slices) {
    for (const path of ['/archive/*', '/api/historical']) {
      app.get(path, (_request, reply) =>
        sendProblem(reply, 503, 'Not available', 'This relay keeps no archive.'),
      );
    }
    return;
  }
  app.get('/archive/index.json', (_request, reply) => sendIndex(archive, reply));
  await app.register(fastifyStatic, {
    root: archive.dir,
    prefix: '/archive/',
    decorateReply: false,
    index: false,
    cacheControl: false,
    // Nothing but what the index vouches for: no temporary file, no spool.
    allowedPath: (path) => archive.index().files.some((file) => `/${file.path}` === decodeURIComponent(path)),
    setHeaders: (reply) => {
      reply.header('cache-control', 'public, max-age=31536000, immutable');
      reply.header('content-type', 'application/vnd.apache.parquet');
    },
  });
  app.get('/api/historical', (request, reply) => sendSlice(slices, request, reply));
}

/** The index as others may see it: the files and what is missing, not how we keep house. */
function sendIndex(archive: ArchiveView, reply: FastifyReply): FastifyReply {
  return reply.header('cache-control', 'no-cache').send(publicIndex(archive.index()));
}

function publicIndex({
  version,
  schema,
  archivedSeq,
  files,
  expired,
  gaps,
  lostElems,
}: ArchiveIndex): object {
  return { version, schema, archivedSeq, files, expired, gaps, lostElems };
}

function sendSlice(slices: SliceService, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const read = readSliceQuery(request.query as Record<string, unknown>);
  if (!read.ok) return sendProblem(reply, 400, 'Bad request', `${read.mistakes.join('; ')}.`);
  const { query } = read;
  const stream = slices.answer(query);
  if (!stream) {
    reply.header('retry-after', '10');
    return sendProblem(reply, 503, 'Not available', 'Too many slices are being answered: try again soon.');
  }
  reply
    .type(SLICE_TYPES[query.format])
    .header('cache-control', 'no-store')
    .header('vary', 'accept-encoding')
    .header('x-routescope-limit', String(query.limit));
  const isPacked = SHRINKS[query.format] && /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
  if (!isPacked) return reply.send(stream);
  reply.header('content-encoding', 'gzip');
  // Whichever end breaks off takes the other with it: the query must not go on for nobody.
  return reply.send(pipeline(stream, createGzip({ level: 1 }), () => undefined));
}

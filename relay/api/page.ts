import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sendProblem } from './problem.ts';

/** Paths that are never the page, so that a mistyped API call gets an error and not a web page. */
const NOT_THE_PAGE = /^\/(api|v1|stream|metrics|healthz|readyz|rpki|archive|_app)(\/|$)/;

/** Whether the page has been built into `dir`. */
export function hasPage(dir: string): boolean {
  return existsSync(join(dir, 'index.html'));
}

/** Serve the built page from `dir`: files as they are, every other path as index.html. */
export async function servePage(app: FastifyInstance, dir: string): Promise<void> {
  const policy = createPolicy(join(dir, 'index.html'));
  const isBuilt = hasPage(dir);
  if (isBuilt) {
    await app.register(fastifyStatic, {
      root: dir,
      preCompressed: true,
      cacheControl: false,
      index: 'index.html',
      setHeaders: (reply, path) => {
        const isHashed = relative(dir, path).startsWith(join('_app', 'immutable') + sep);
        reply.header('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
        // A worker obeys the policy its own script came with, not the page's.
        reply.header('content-security-policy', /\.html(\.br|\.gz)?$/.test(path) ? policy() : pagePolicy(''));
      },
    });
  }
  app.setNotFoundHandler((request, reply) => answerOther(request, reply, isBuilt));
}

function answerOther(request: FastifyRequest, reply: FastifyReply, isBuilt: boolean): FastifyReply {
  const path = request.url.split('?', 1)[0]!;
  if (NOT_THE_PAGE.test(path))
    return sendProblem(reply, 404, 'Not found', `There is nothing at ${path.slice(0, 200)}.`);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return sendProblem(reply, 405, 'Method not allowed', `${request.method} is not answered here.`);
  }
  if (!isBuilt) {
    return sendProblem(
      reply,
      503,
      'Not available',
      'The page has not been built: run `npm run build`, then start again.',
    );
  }
  return reply.sendFile('index.html');
}

/** The policy of everything that is no page: nothing may run. */
export const CLOSED_POLICY = "default-src 'none'; frame-ancestors 'none'";

/**
 * The page's Content-Security-Policy. Scripts: our own files, wasm, and the inline scripts that index.html itself holds, by
 * hash (SvelteKit's bootstrap carries a different text in every build). Read again when the file changes.
 */
function createPolicy(indexPath: string): () => string {
  let readMs = -1;
  let policy = CLOSED_POLICY;
  return () => {
    const { mtimeMs } = statSync(indexPath);
    if (mtimeMs !== readMs) {
      policy = pagePolicy(readFileSync(indexPath, 'utf8'));
      readMs = mtimeMs;
    }
    return policy;
  };
}

/** The policy for a page with this HTML. */
export function pagePolicy(html: string): string {
  const hashes = [...html.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(
    ([, script]) => `'sha256-${createHash('sha256').update(script!).digest('base64')}'`,
  );
  return [
    "default-src 'self'",
    `script-src 'self' 'wasm-unsafe-eval' ${hashes.join(' ')}`.trim(),
    "worker-src 'self' blob:",
    "connect-src 'self'",
    // Charts and virtual lists place things with style attributes.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}

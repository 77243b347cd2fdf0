import etag from '@fastify/etag';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance } from 'fastify';
import fastify from 'fastify';
import type { Log } from '../log.ts';
import { SliceService } from '../slice/service.ts';
import type { ArchiveView } from '../slice/view.ts';
import { serveArchive } from './archive.ts';
import type { FeaturePast } from '../feature/past.ts';
import { serveFeatures } from './features.ts';
import { serveHealth } from './health.ts';
import type { EventImports } from './import.ts';
import { serveImport } from './import.ts';
import { serveMetrics } from './metrics.ts';
import { CLOSED_POLICY, hasPage, servePage } from './page.ts';
import { answerErrors, sendProblem } from './problem.ts';
import { serveRpki } from './rpki.ts';
import { serveRisStream } from './ris-live.ts';
import type { SocketRoute, Sockets } from './sockets.ts';
import { attachSockets } from './sockets.ts';
import type { StatusParts } from './status.ts';
import { serveStatus } from './status.ts';

export interface ServerParts extends Omit<StatusParts, 'sockets'> {
  readonly log: Log;
  /** What the archive shows; null or absent when the relay keeps none. */
  readonly archiveView?: ArchiveView | null;
  /** Where the built page is. */
  readonly pageDir: string;
  readonly routes: readonly SocketRoute[];
  /** Null or absent where nothing of before is known. */
  readonly past?: FeaturePast | null;
  /** Null or absent without an archive. */
  readonly imports?: EventImports | null;
  /** How often WebSocket clients must show that they are there, ms. */
  readonly heartbeatMs?: number;
}

/** Requests to `/api` one address may make in a minute. */
const API_PER_MINUTE = 600;

/** The HTTP server with its WebSockets, not yet listening. `close()` of the result ends both. */
export async function createServer(parts: ServerParts): Promise<FastifyInstance> {
  const app = fastify({
    logger: false,
    forceCloseConnections: true,
    bodyLimit: 64 * 1024,
    // What Fastify answers before any hook runs, e.g. to a URL that is none.
    frameworkErrors: (error, _request, reply) => {
      void reply.header('content-security-policy', CLOSED_POLICY);
      void sendProblem(reply, error.statusCode ?? 400, 'Bad request', error.message);
    },
  });
  let sockets: Sockets | null = null;
  answerErrors(app, parts.log);
  await app.register(helmet, {
    // Pages carry their own policy (page.ts); the relay may well be reached over plain HTTP, so no upgrade and no HSTS.
    contentSecurityPolicy: false,
    strictTransportSecurity: false,
    xFrameOptions: { action: 'deny' },
  });
  app.addHook('onSend', async (_request, reply) => {
    if (!reply.hasHeader('content-security-policy')) reply.header('content-security-policy', CLOSED_POLICY);
  });
  await app.register(etag);
  await app.register(async (api) => {
    await api.register(rateLimit, { max: API_PER_MINUTE, timeWindow: '1 minute' });
    const status = serveStatus(api, { ...parts, sockets: () => sockets });
    app.addHook('onClose', () => status.stop());
    serveRpki(api, parts.rpki ?? null);
    serveImport(api, parts.imports ?? null);
    serveFeatures(api, parts.past ?? null);
    const { archiveView = null, version } = parts;
    await serveArchive(api, archiveView, archiveView && new SliceService(archiveView, version));
  });
  serveHealth(app, parts.relay, () => hasPage(parts.pageDir));
  serveMetrics(app, parts);
  serveRisStream(app, parts.relay, parts.risServer);
  await servePage(app, parts.pageDir);
  sockets = attachSockets(app.server, parts.routes, {
    maxClients: parts.config.maxClients,
    allowOrigin: parts.config.allowOrigin,
    ...(parts.heartbeatMs !== undefined && { heartbeatMs: parts.heartbeatMs }),
  });
  app.addHook('preClose', () => sockets?.close());
  return app;
}

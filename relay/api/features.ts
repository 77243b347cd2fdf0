import type { FastifyInstance } from 'fastify';
import type { FeaturePast } from '../feature/past.ts';
import { sendProblem } from './problem.ts';

/** `/api/features/history`: features of before, gzipped, in the form of core/feature/history.ts; 404 when none are known. */
export function serveFeatures(app: FastifyInstance, past: FeaturePast | null): void {
  app.get('/api/features/history', async (_request, reply) => {
    const bytes = await past?.bytes();
    if (!bytes) return sendProblem(reply, 404, 'Not found', 'No features of before are known.');
    return reply
      .header('cache-control', 'no-cache')
      .type('application/octet-stream')
      .send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  });
}

import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { FastifyInstance } from 'fastify';
import type { SourceStatus } from '#core/wire/control.ts';
import type { ArchiveStatus } from '../archive/status.ts';
import { ARCHIVE_OFF } from '../archive/status.ts';
import type { Config } from '../config.ts';
import type { HubStats } from '../hub.ts';
import type { Relay } from '../relay.ts';
import type { MirrorStatus, RpkiMirror } from '../rpki/mirror.ts';
import type { RisServer, RisServerStats } from '../ris/server.ts';
import type { Sockets } from './sockets.ts';

/** What `/api/status` tells: everything the relay knows about itself. */
export interface RelayStatus {
  readonly version: string;
  /** Unix ms. */
  readonly startedMs: number;
  readonly nowMs: number;
  readonly source: SourceStatus;
  readonly queue: {
    readonly queued: number;
    readonly limit: number;
    readonly dropped: number;
    readonly badByCode: Readonly<Record<string, number>>;
    readonly reconnectsByReason: Readonly<Record<string, number>>;
  };
  readonly hub: HubStats;
  /** Elems waiting for their batch to close. */
  readonly waitingElems: number;
  /** Clients of the RIS Live protocol. */
  readonly risServer: RisServerStats;
  /** Null when no validator is configured. */
  readonly rpki: MirrorStatus | null;
  readonly archive: ArchiveStatus;
  readonly sockets: { readonly open: number; readonly refused: number };
  readonly process: {
    readonly pid: number;
    readonly node: string;
    readonly rssBytes: number;
    readonly heapUsedBytes: number;
    readonly cpuS: number;
    /** Event loop delay since the last question, ms: 99th percentile and worst. */
    readonly loopDelayP99Ms: number;
    readonly loopDelayMaxMs: number;
  };
  readonly config: Readonly<Record<string, unknown>>;
}

export interface StatusParts {
  readonly version: string;
  readonly config: Config;
  readonly startedMs: number;
  readonly relay: Relay;
  readonly risServer: RisServer;
  /** Null or absent when no validator is configured. */
  readonly rpki?: RpkiMirror | null;
  readonly sockets: () => Sockets | null;
}

/** `/api/status`. @returns the way to read the same from inside, and to stop measuring. */
export function serveStatus(app: FastifyInstance, parts: StatusParts): { stop(): void } {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  app.get('/api/status', async (_request, reply) => {
    const status = readStatus(parts, delay);
    delay.reset();
    return reply.header('cache-control', 'no-store').send(status);
  });
  return { stop: () => delay.disable() };
}

function readStatus(parts: StatusParts, delay: { percentile(at: number): number; max: number }): RelayStatus {
  const { relay } = parts;
  const queue = relay.source.stats();
  const sockets = parts.sockets();
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  return {
    version: parts.version,
    startedMs: parts.startedMs,
    nowMs: Date.now(),
    source: relay.status(),
    queue: {
      queued: queue.queued,
      limit: queue.queueLimit,
      dropped: queue.dropped,
      badByCode: Object.fromEntries(queue.badByCode),
      reconnectsByReason: Object.fromEntries(queue.reconnectsByReason),
    },
    hub: relay.hub.stats(),
    waitingElems: relay.waitingElems,
    risServer: parts.risServer.stats(),
    rpki: parts.rpki?.status() ?? null,
    archive: relay.archive?.status() ?? ARCHIVE_OFF,
    sockets: { open: sockets?.count ?? 0, refused: sockets?.refused ?? 0 },
    process: {
      pid: process.pid,
      node: process.version,
      rssBytes: rss,
      heapUsedBytes: heapUsed,
      cpuS: (user + system) / 1e6,
      loopDelayP99Ms: delay.percentile(99) / 1e6,
      loopDelayMaxMs: delay.max / 1e6,
    },
    // The validator's address without the password it may carry.
    config: { ...parts.config, rpki: parts.rpki?.status().upstream ?? '' },
  };
}

import { resolve } from 'node:path';
import type { Config } from '../config.ts';
import type { Log } from '../log.ts';
import { parseFailpoints } from './failpoint.ts';
import { ArchiveLink } from './link.ts';
import { archiveDir } from './service.ts';
import { SPOOL_LIMITS } from './spool.ts';

/** The archive the configuration asks for; null for none. @param failpoints text for `parseFailpoints`, of a crash test */
export function openArchiveLink(
  config: Config,
  log: Log,
  failpoints: string | undefined,
): ArchiveLink | null {
  if (config.archive === 'off') return null;
  const dataDir = resolve(config.data);
  return new ArchiveLink({
    dir: archiveDir(dataDir),
    dataDir,
    spool: {
      ...SPOOL_LIMITS,
      segmentElems: config.archiveCloseElems,
      segmentMs: config.archiveCloseS * 1000,
    },
    duck: { memoryMb: config.archiveMemoryMb, threads: config.archiveThreads },
    retention: {
      raw: config.archiveRawDays,
      incidents: config.archiveIncidentDays,
      features: config.archiveFeatureDays,
    },
    failpoints: parseFailpoints(failpoints ?? ''),
    takesRepeats: config.archive === 'all',
    log,
  });
}

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Config } from '../config.ts';
import type { Log } from '../log.ts';
import { AutoSource } from './auto.ts';
import { fileRecording } from './recording.ts';
import { ReplaySource } from './replay.ts';
import { RisLiveSource } from './ris-live.ts';
import type { Source } from './source.ts';

/** The recording that is played when there is nothing live; built by `routescope event build`. */
const BUNDLED = fileURLToPath(new URL('../../static/replays/youtube-pakistan-20080224.rsl', import.meta.url));

/** The source the configuration asks for; text says why it cannot be had. */
export async function chooseSource(config: Config, log: Log): Promise<Source | string> {
  switch (config.source) {
    case 'auto':
      return chooseAuto(config, log);
    case 'ris-live':
      return openRisLive(config, log);
    case 'replay':
      return openReplay(config, log, BUNDLED, '');
    default:
      return openReplay(config, log, config.source, '');
  }
}

/** One bounded attempt at RIS Live; when it fails, the bundled replay, which says why it is played. */
async function chooseAuto(config: Config, log: Log): Promise<Source | string> {
  const live = openRisLive(config, log);
  if (await live.opened) return live;
  const { reason: detail } = live.status();
  await live.close();
  const reason = `RIS Live cannot be reached${detail === '' ? '' : ` (${detail})`}`;
  log.warn('source.fallback', { reason });
  const replay = await openReplay(config, log, BUNDLED, reason);
  if (typeof replay === 'string' || config.risRetryS === 0) return replay;
  return new AutoSource(replay, () => openRisLive(config, log), { retryMs: config.risRetryS * 1000, log });
}

function openRisLive(config: Config, log: Log): RisLiveSource {
  return new RisLiveSource({
    url: config.risUrl,
    client: config.risClient,
    collectors: config.collectors,
    prefixes: config.risPrefixes,
    includeRaw: config.risRaw,
    openMs: config.risOpenS * 1000,
    silenceMs: config.risSilenceS * 1000,
    lagMs: config.risLagS * 1000,
    log,
  });
}

async function openReplay(config: Config, log: Log, path: string, reason: string): Promise<Source | string> {
  const isStdin = path === '-';
  if (!isStdin && !existsSync(path)) return `${path} does not exist`;
  return new ReplaySource(await fileRecording(path, config.collector, log), {
    speed: config.speed,
    isLooping: config.loop && !isStdin,
    reason,
    log,
  });
}

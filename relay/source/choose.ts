import { existsSync } from 'node:fs';
import type { Config } from '../config.ts';
import type { Log } from '../log.ts';
import { fileRecording } from './recording.ts';
import { ReplaySource } from './replay.ts';
import type { Source } from './source.ts';

/** The source the configuration asks for; null, with the reason logged, when it cannot be had. */
export async function chooseSource(config: Config, log: Log): Promise<Source | null> {
  const path = config.source;
  if (path !== '-' && !existsSync(path)) {
    log.error('source.missing', { path });
    return null;
  }
  const recording = fileRecording(path, config.collector, log);
  return new ReplaySource(recording, { speed: config.speed, isLooping: config.loop && path !== '-', log });
}

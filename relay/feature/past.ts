import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '../config.ts';
import type { SourceStatus } from '#core/wire/control.ts';
import type { FeatureLink } from './link.ts';

const BUNDLED = 'youtube-pakistan-20080224';
/** Histories of what came before bundled recordings; built by `routescope features … --history`. */
const FOLDER = fileURLToPath(new URL('../../static/features/', import.meta.url));

/** What a scorer may begin with: of a live source the last two days, of a recording what came before it, where that is known. */
export class FeaturePast {
  readonly #status: () => SourceStatus;
  readonly #link: FeatureLink | null;
  readonly #recorded: string;

  /** @param link null when the relay keeps no features */
  constructor(config: Config, status: () => SourceStatus, link: FeatureLink | null) {
    this.#status = status;
    this.#link = link;
    const { source } = config;
    const name = source === 'auto' || source === 'replay' ? BUNDLED : basename(source, extname(source));
    this.#recorded = `${FOLDER}${name}.features`;
  }

  /** A history, gzipped; null when there is none. */
  async bytes(): Promise<Uint8Array | null> {
    if (this.#status().kind !== 'replay') return (await this.#link?.history()) ?? null;
    try {
      return await readFile(this.#recorded);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }
}

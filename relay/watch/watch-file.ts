import { readWatchText } from '#core/watch/read.ts';
import type { WatchList } from '#core/watch/watch-list.ts';
import { parseYaml } from '../../src/lib/watch/yaml.ts';
import { readTextFile } from '../detect/text-file.ts';

/** A watch list file in any of the formats. @throws {BgpError} FILE_UNREADABLE, FILE_DAMAGED, WATCH_BAD */
export async function readWatchFile(path: string): Promise<WatchList> {
  return readWatchText(await readTextFile(path), parseYaml);
}

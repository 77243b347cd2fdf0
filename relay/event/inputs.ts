import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { RoutingEvent } from '#core/event/event.ts';
import { collectorOf } from '../source/file.ts';

/** A file of an archive under its archive name. */
export interface ArchiveFile {
  readonly path: string;
  readonly name: string;
  readonly collector: string;
  readonly kind: 'updates' | 'table';
  /** When it begins, by its name, Unix seconds. */
  readonly startS: number;
}

/** The files of one collector that an event needs. */
export interface CollectorFiles {
  readonly collector: string;
  /** What came before the window: the newest table dump, if there is one, and the update files after it; in order. */
  readonly before: readonly ArchiveFile[];
  /** Update files that reach into the window, in order. */
  readonly window: readonly ArchiveFile[];
}

const ARCHIVE_NAME = /^(updates|bview|rib)\.(\d{4})(\d\d)(\d\d)\.(\d\d)(\d\d)(?:\.(?:gz|bz2))?$/;

/** The files under `folder` that are named as the archives name them, by collector, cut to what `event` needs. */
export async function archiveInputs(event: RoutingEvent, folder: string): Promise<CollectorFiles[]> {
  const fallback = event.collectors.length === 1 ? event.collectors[0]! : 'unknown';
  const byCollector = new Map<string, ArchiveFile[]>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const file = entry.isFile() ? archiveFile(join(entry.parentPath, entry.name), fallback) : null;
    if (!file) continue;
    const files = byCollector.get(file.collector) ?? [];
    byCollector.set(file.collector, files);
    files.push(file);
  }
  const [fromS, toS] = [Date.parse(event.from) / 1000, Date.parse(event.to) / 1000];
  return [...byCollector]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([collector, files]) => filesFor(collector, files, fromS, toS))
    .filter(({ window }) => window.length > 0);
}

/** What a path says, when it ends in an archive's name; null otherwise. */
export function archiveFile(path: string, fallbackCollector: string): ArchiveFile | null {
  const name = basename(path);
  const match = ARCHIVE_NAME.exec(name);
  if (!match) return null;
  const [, kind, year, month, day, hour, minute] = match;
  const startMs = Date.parse(`${year!}-${month!}-${day!}T${hour!}:${minute!}Z`);
  if (Number.isNaN(startMs)) return null;
  return {
    path,
    name,
    collector: collectorOf(path) ?? fallbackCollector,
    kind: kind === 'updates' ? 'updates' : 'table',
    startS: startMs / 1000,
  };
}

function filesFor(
  collector: string,
  files: readonly ArchiveFile[],
  fromS: number,
  toS: number,
): CollectorFiles {
  const sorted = [...files].sort((a, b) => a.startS - b.startS || (a.name < b.name ? -1 : 1));
  const updates = sorted.filter(({ kind }) => kind === 'updates');
  // An update file holds what came until the next one began, so the last that began before the window reaches into it.
  const first = Math.max(
    0,
    updates.findLastIndex(({ startS }) => startS <= fromS),
  );
  const table = sorted.findLast(({ kind, startS }) => kind === 'table' && startS <= fromS);
  const earlier = updates.slice(0, first).filter(({ startS }) => startS >= (table?.startS ?? 0));
  return {
    collector,
    before: table ? [table, ...earlier] : earlier,
    window: updates.slice(first).filter(({ startS }) => startS < toS),
  };
}

export interface FileFacts {
  readonly name: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

/** Name, length and hash of a file. */
export async function fileFacts(path: string): Promise<FileFacts> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return { name: basename(path), bytes: (await stat(path)).size, sha256: hash.digest('hex') };
}

import { basename } from 'node:path';
import { BgpError } from '#core/error.ts';
import type { ArchiveFile } from '../event/inputs.ts';
import { archiveFile } from '../event/inputs.ts';
import { collectorOf } from '../source/file.ts';
import type { ArchiveBases } from './layout.ts';
import { filesOfWindow, isCollector, listedFiles, monthsOf, monthUrl, tableBefore } from './layout.ts';
import { MAX_FILES, MAX_WINDOW_MS } from './limits.ts';
import type { FetchFailure } from './request.ts';
import { openUrl } from './request.ts';
import type { RetryOptions } from './retry.ts';
import { withRetries } from './retry.ts';

/** One file to import. */
export interface ImportItem {
  /** What it goes by in the archive's index: `rrc00/updates.20080224.1845.gz`, wherever it came from; null until its hash is known. */
  readonly key: string | null;
  readonly name: string;
  /** Null where the file says itself, or only its name. */
  readonly collector: string | null;
  readonly from:
    { readonly kind: 'url'; readonly url: string } | { readonly kind: 'file'; readonly path: string };
}

export interface WindowWish {
  readonly fromMs: number;
  readonly toMs: number;
  readonly collectors: readonly string[];
  /** Also the newest table dump before the window. */
  readonly hasTables: boolean;
}

export interface ImportPlan {
  readonly items: readonly ImportItem[];
  /** Collectors of which there is nothing, and why. */
  readonly missing: readonly { readonly collector: string; readonly detail: string }[];
}

/**
 * The files of a window, as the archives' own listings name them, in order of time.
 * @throws {BgpError} IMPORT_* when a listing cannot be had; IMPORT_TOO_LARGE for a window over the bounds
 */
export async function planWindow(
  wish: WindowWish,
  bases: ArchiveBases,
  options: RetryOptions,
): Promise<ImportPlan> {
  if (wish.toMs - wish.fromMs > MAX_WINDOW_MS)
    throw new BgpError('IMPORT_TOO_LARGE', `a window of over ${MAX_WINDOW_MS / 86_400_000} days`);
  const files: ArchiveFile[] = [];
  const missing: { collector: string; detail: string }[] = [];
  for (const collector of wish.collectors) {
    const found = await filesOf(collector, wish, bases, options);
    if (typeof found === 'string') missing.push({ collector, detail: found });
    else files.push(...found);
  }
  if (files.length > MAX_FILES) throw new BgpError('IMPORT_TOO_LARGE', `${files.length} files`);
  files.sort((a, b) => a.startS - b.startS || (a.path < b.path ? -1 : 1));
  return { items: files.map(remoteItem), missing };
}

async function filesOf(
  collector: string,
  wish: WindowWish,
  bases: ArchiveBases,
  options: RetryOptions,
): Promise<ArchiveFile[] | string> {
  if (!isCollector(collector)) return 'no such collector';
  const { fromMs, toMs, hasTables } = wish;
  const updates = await listed(collector, 'updates', fromMs, toMs, bases, options);
  const found = filesOfWindow(updates, fromMs, toMs);
  if (found.length === 0) return 'the archive has no files of that time';
  if (!hasTables) return found;
  const table = tableBefore(await listed(collector, 'table', fromMs, toMs, bases, options), fromMs);
  return table ? [table, ...found] : found;
}

async function listed(
  collector: string,
  kind: ArchiveFile['kind'],
  fromMs: number,
  toMs: number,
  bases: ArchiveBases,
  options: RetryOptions,
): Promise<ArchiveFile[]> {
  const files: ArchiveFile[] = [];
  for (const month of monthsOf(fromMs, toMs, kind)) {
    const url = monthUrl(bases, collector, month, kind);
    const html = await fetchListing(url, options);
    if (html !== null) files.push(...listedFiles(html, url, collector).filter((file) => file.kind === kind));
  }
  return files.sort((a, b) => a.startS - b.startS);
}

/** Null when there is no such folder. */
async function fetchListing(url: string, options: RetryOptions): Promise<string | null> {
  const { limits, signal } = options;
  const attempt = async (): Promise<string> => {
    const opened = await openUrl(url, {}, limits, signal);
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    try {
      for await (const chunk of opened.chunks) {
        bytes += chunk.length;
        if (bytes > limits.maxListingBytes)
          throw new BgpError('IMPORT_TOO_LARGE', `${url}: a listing of over ${limits.maxListingBytes} bytes`);
        chunks.push(chunk);
      }
    } finally {
      opened.close();
    }
    return Buffer.concat(chunks).toString('utf8');
  };
  try {
    return await withRetries(attempt, () => 0, options);
  } catch (error) {
    if ((error as Partial<FetchFailure>).code === 'IMPORT_NOT_FOUND') return null;
    throw error;
  }
}

function remoteItem({ path, name, collector }: ArchiveFile): ImportItem {
  return { key: `${collector}/${name}`, name, collector, from: { kind: 'url', url: path } };
}

/** A file or address given by name. `collector` goes before what the name tells. */
export function namedItem(text: string, collector: string | null): ImportItem {
  const isUrl = /^https?:\/\//.test(text);
  const path = isUrl ? new URL(text).pathname : text;
  const name = basename(path);
  const known = collector ?? collectorOf(path) ?? (isUrl && isRouteViews2(text) ? 'route-views2' : null);
  const key = known !== null && archiveFile(path, known) ? `${known}/${name}` : null;
  return {
    key,
    name,
    collector: known,
    from: isUrl ? { kind: 'url', url: text } : { kind: 'file', path: text },
  };
}

/** route-views2 was the first and its files lie outside any folder of its own. */
function isRouteViews2(url: string): boolean {
  return /^https?:\/\/archive\.routeviews\.org\/bgpdata\//.test(url);
}

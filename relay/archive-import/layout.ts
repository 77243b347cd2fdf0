import type { ArchiveFile } from '../event/inputs.ts';
import { archiveFile } from '../event/inputs.ts';

/** Where the public archives are. */
export interface ArchiveBases {
  /** RIPE RIS: `https://data.ris.ripe.net`. */
  readonly ris: string;
  /** Route Views: `http://archive.routeviews.org`. */
  readonly routeviews: string;
}

export const PUBLIC_ARCHIVES: ArchiveBases = {
  ris: 'https://data.ris.ripe.net',
  routeviews: 'http://archive.routeviews.org',
};

const RIS_COLLECTOR = /^rrc\d\d$/;
const ROUTEVIEWS_COLLECTOR = /^(route-views|pacwave|decix|amsix|napafrica|pit|locix)[a-z0-9.-]{0,32}$/;

/** Whether a name can be a collector of either archive. */
export function isCollector(name: string): boolean {
  return RIS_COLLECTOR.test(name) || ROUTEVIEWS_COLLECTOR.test(name);
}

/** The folder of a collector's files of a month, with a slash at the end. @param month `2008.02` */
export function monthUrl(
  bases: ArchiveBases,
  collector: string,
  month: string,
  kind: ArchiveFile['kind'],
): string {
  const base = (text: string): string => text.replace(/\/+$/, '');
  if (RIS_COLLECTOR.test(collector)) return `${base(bases.ris)}/${collector}/${month}/`;
  // route-views2 was the first and has no folder of its own.
  const folder = collector === 'route-views2' ? '' : `/${collector}`;
  return `${base(bases.routeviews)}${folder}/bgpdata/${month}/${kind === 'updates' ? 'UPDATES' : 'RIBS'}/`;
}

/** Longest that one update file goes on: RouteViews has 15 minutes, RIS had before 2003-07-23. */
const MAX_FILE_MS = 15 * 60_000;
/** Longest between two table dumps: RIS has 8 hours, with some missing. */
const MAX_TABLE_MS = 24 * 3_600_000;

/** The months whose folders can hold files of a window, `2008.02`; those that begin before it reach into it. */
export function monthsOf(fromMs: number, toMs: number, kind: ArchiveFile['kind']): string[] {
  const months: string[] = [];
  const start = new Date(fromMs - (kind === 'updates' ? MAX_FILE_MS : MAX_TABLE_MS));
  let [year, month] = [start.getUTCFullYear(), start.getUTCMonth()];
  while (Date.UTC(year, month) < toMs) {
    months.push(`${year}.${String(month + 1).padStart(2, '0')}`);
    month++;
    if (month === 12) [year, month] = [year + 1, 0];
  }
  return months;
}

const HREF = /href\s*=\s*(?:"([^"]{1,200})"|'([^']{1,200})')/gi;

/**
 * The archive files a directory listing (HTML, as web servers make it) names. Only plain names and paths that end in one
 * count, and the address of each is made from the folder's own: a listing cannot send us elsewhere.
 */
export function listedFiles(html: string, folderUrl: string, collector: string): ArchiveFile[] {
  const files = new Map<string, ArchiveFile>();
  for (const [, double, single] of html.matchAll(HREF)) {
    const name = (double ?? single)!.split(/[?#]/)[0]!.split('/').at(-1)!;
    const file = archiveFile(`${folderUrl}${name}`, collector);
    if (file && !files.has(name)) files.set(name, { ...file, collector });
  }
  return [...files.values()].sort((a, b) => a.startS - b.startS || (a.name < b.name ? -1 : 1));
}

/** Of update files in order, those that hold something of a window: the last that began before it, and all until its end. */
export function filesOfWindow(files: readonly ArchiveFile[], fromMs: number, toMs: number): ArchiveFile[] {
  const updates = files.filter(({ kind }) => kind === 'updates');
  const startsMs = updates.map(({ startS }) => startS * 1000);
  const reaching = startsMs.findLastIndex((startMs) => startMs <= fromMs);
  // One that began long ago is over: there is a hole in the archive.
  const first = reaching !== -1 && startsMs[reaching]! > fromMs - MAX_FILE_MS ? reaching : reaching + 1;
  return updates.slice(first).filter(({ startS }) => startS * 1000 < toMs);
}

/** The newest table dump that is not younger than `fromMs`; null when there is none. */
export function tableBefore(files: readonly ArchiveFile[], fromMs: number): ArchiveFile | null {
  return files.findLast(({ kind, startS }) => kind === 'table' && startS * 1000 <= fromMs) ?? null;
}

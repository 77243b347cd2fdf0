import type { Knowledge } from '#core/detect/knowledge.ts';
import { BgpError } from '#core/error.ts';
import { readTextFile } from './text-file.ts';

/** Lines that are not what they should be may be this share of a file before it counts as another format. */
const MAX_BAD_SHARE = 0.05;

/** What a file gave: the lookup, and how many entries and unusable lines there were. */
export interface Loaded<T> {
  readonly lookup: T;
  readonly entries: number;
  readonly badLines: number;
}

/**
 * AS to organisation: CAIDA as-org2info JSON lines (`{"type":"ASN","asn":"1","organizationId":"LVLT-ARIN"}`) or its older
 * text (`aut|changed|aut_name|org_id|…`); the organisations' own lines give countries as well.
 * @throws {BgpError} FILE_UNREADABLE, FILE_DAMAGED, FILE_UNKNOWN_FORMAT
 */
export async function loadAsOrg(
  path: string,
): Promise<Loaded<Required<Pick<Knowledge, 'orgOf' | 'countryOf'>>>> {
  const orgs = new Map<number, string>();
  const countries = new Map<string, string>();
  let badLines = 0;
  const lines = linesOf(await readTextFile(path));
  for (const line of lines) {
    const entry = line.startsWith('{') ? orgJson(line) : orgText(line);
    if (!entry) badLines++;
    else if (entry.kind === 'as') orgs.set(entry.asn, entry.org);
    else countries.set(entry.org, entry.country);
  }
  check(path, lines.length, badLines, orgs.size);
  return {
    lookup: {
      orgOf: (asn) => orgs.get(asn) ?? null,
      countryOf: (asn) => countryOrNull(countries.get(orgs.get(asn) ?? '')),
    },
    entries: orgs.size,
    badLines,
  };
}

/** `EU`, `AP` and the like stand in registries for "somewhere in the region". */
function countryOrNull(code: string | undefined): string | null {
  return code !== undefined && /^[A-Z]{2}$/.test(code) && !['EU', 'AP', 'ZZ'].includes(code) ? code : null;
}

type OrgEntry = { kind: 'as'; asn: number; org: string } | { kind: 'org'; org: string; country: string };

function orgJson(line: string): OrgEntry | null {
  let entry: unknown;
  try {
    entry = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof entry !== 'object' || entry === null) return null;
  const { type, asn, organizationId: org, country } = entry as Record<string, unknown>;
  if (typeof org !== 'string' || org === '') return null;
  if (type === 'Organization')
    return { kind: 'org', org, country: typeof country === 'string' ? country : '' };
  const number = Number(asn);
  return type === 'ASN' && Number.isInteger(number) ? { kind: 'as', asn: number, org } : null;
}

function orgText(line: string): OrgEntry | null {
  const cells = line.split('|');
  if (/^\d+$/.test(cells[0]!) && cells.length >= 4 && cells[3] !== '') {
    return { kind: 'as', asn: Number(cells[0]), org: cells[3]! };
  }
  return cells.length >= 5 && cells[0] !== '' ? { kind: 'org', org: cells[0]!, country: cells[3]! } : null;
}

/** AS to country: tab-separated with a header naming `asn` and `cc`. @throws as `loadAsOrg` */
export async function loadAsCountry(path: string): Promise<Loaded<NonNullable<Knowledge['countryOf']>>> {
  const countries = new Map<number, string>();
  const [head = '', ...lines] = linesOf(await readTextFile(path));
  const names = head.split('\t');
  const [asnAt, ccAt] = [names.indexOf('asn'), names.indexOf('cc')];
  let badLines = asnAt === -1 || ccAt === -1 ? lines.length : 0;
  for (const line of badLines > 0 ? [] : lines) {
    const cells = line.split('\t');
    if (/^\d+$/.test(cells[asnAt] ?? '') && /^[A-Z]{2}$/.test(cells[ccAt] ?? '')) {
      countries.set(Number(cells[asnAt]), cells[ccAt]!);
    } else badLines++;
  }
  check(path, lines.length, badLines, countries.size);
  return { lookup: (asn) => countries.get(asn) ?? null, entries: countries.size, badLines };
}

/** AS relationships, CAIDA serial-1: `provider|customer|-1`, `peer|peer|0`. @throws as `loadAsOrg` */
export async function loadAsRel(path: string): Promise<Loaded<NonNullable<Knowledge['relation']>>> {
  const relations = new Map<string, 'provider' | 'customer' | 'peer'>();
  let badLines = 0;
  const lines = linesOf(await readTextFile(path));
  for (const line of lines) {
    const match = /^(\d+)\|(\d+)\|(-1|0)(?:\||$)/.exec(line);
    if (!match) {
      badLines++;
      continue;
    }
    const isPeer = match[3] === '0';
    relations.set(`${match[1]!} ${match[2]!}`, isPeer ? 'peer' : 'provider');
    relations.set(`${match[2]!} ${match[1]!}`, isPeer ? 'peer' : 'customer');
  }
  check(path, lines.length, badLines, relations.size);
  return { lookup: (a, b) => relations.get(`${a} ${b}`) ?? null, entries: relations.size / 2, badLines };
}

function linesOf(text: string): string[] {
  return text.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#'));
}

function check(path: string, lines: number, badLines: number, entries: number): void {
  if (entries > 0 && badLines <= lines * MAX_BAD_SHARE) return;
  throw new BgpError('FILE_UNKNOWN_FORMAT', `${path}: ${badLines} of ${lines} lines are not of a known form`);
}

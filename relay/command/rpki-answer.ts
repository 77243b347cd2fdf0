import type { Readable } from 'node:stream';
import type { WordLists } from '#core/elem/batch.ts';
import { pathSegments } from '#core/elem/path.ts';
import { BAD_PATH, PathReader } from '#core/elem/path-reader.ts';
import { WordListTable } from '#core/elem/tables.ts';
import { formatPrefix } from '#core/prefix/prefix.ts';
import type { AspaText, Procedure } from '#core/rpki/aspa.ts';
import type { AspaSet } from '#core/rpki/aspa-set.ts';
import type { VrpSet } from '#core/rpki/vrp-set.ts';
import { ASPA, aspaText, HOP_NAMES, pathHops, verifyPath } from '#core/rpki/aspa.ts';
import { explainOrigin, isStale } from '#core/rpki/rov.ts';
import type { Route } from '#core/rpki/validity.ts';
import { readRoute, routeValidity } from '#core/rpki/validity.ts';
import { LineSplitter } from '../source/lines.ts';
import type { LineOutput } from './output.ts';

/** What to judge with, and how. */
export interface Judgement {
  /** Null without `--vrps`: origins are not judged. */
  readonly vrps: VrpSet | null;
  readonly aspas: AspaSet;
  readonly generatedS: number;
  readonly procedure: Procedure;
  /** Null: whatever the age of the data. */
  readonly atUs: number | null;
  readonly isJson: boolean;
}

/** Mistakes in the input told one by one; more are only counted. */
const MAX_REPORTS = 10;

type AsJson = Record<string, unknown>;

/** Answer one route of the command line. @returns what is wrong with it, or null */
export function answerRoute(
  judgement: Judgement,
  asn: string,
  prefix: string,
  output: LineOutput,
): string | null {
  const { route, error } = readRoute(asn, prefix);
  if (!route) return `${asn} ${prefix}: ${error}`;
  output.add(judgement.isJson ? JSON.stringify(routeJson(judgement, route)) : routeText(judgement, route));
  if (!judgement.isJson) for (const line of consulted(judgement, route)) output.add(line);
  return null;
}

/** Answer one path of the command line. @returns what is wrong with it, or null */
export function answerPath(judgement: Judgement, text: string, output: LineOutput): string | null {
  const paths = new WordListTable();
  const index = new PathReader().text(text, paths);
  if (index === BAD_PATH) return `"${text}" is not an AS path`;
  const lists = paths.take();
  const verdict = pathVerdict(judgement, lists, index);
  const hops = hopsOf(judgement, lists, index);
  if (judgement.isJson) {
    output.add(JSON.stringify({ path: text.trim(), aspa: aspaJson(verdict, judgement), hops }));
    return null;
  }
  output.add(`${text.trim()}: ${verdictText(verdict)} (${judgement.procedure})`);
  for (const { from, to, up, down } of hops) output.add(`  ${from} -> ${to}: ${up} up, ${down} down`);
  return null;
}

/** Answer a route per line of `input`. @returns how many lines could not be understood */
export async function answerInput(
  judgement: Judgement,
  input: Readable,
  output: LineOutput,
  report: (message: string) => void,
): Promise<number> {
  let problems = 0;
  const wrong = (lineNumber: number, problem: string): void => {
    if (problems++ < MAX_REPORTS) report(`line ${lineNumber}: ${problem}`);
  };
  const lines = new LineSplitter(
    (text, lineNumber) => {
      const problem = answerLine(judgement, text, output);
      if (problem !== null) wrong(lineNumber, problem);
    },
    (lineNumber) => wrong(lineNumber, 'too long'),
  );
  for await (const chunk of input) {
    lines.push(chunk as Uint8Array);
    await output.settle();
    if (output.isClosed) return problems;
  }
  lines.end();
  if (problems > MAX_REPORTS) report(`${problems} lines could not be read`);
  return problems;
}

function answerLine(judgement: Judgement, text: string, output: LineOutput): string | null {
  if (text.startsWith('#')) return null;
  const asked = text.startsWith('{') ? jsonLine(text) : textLine(text);
  if (typeof asked === 'string') return asked;
  const { route, error } = readRoute(asked.asn, asked.prefix);
  if (!route) return error;
  const paths = new WordListTable();
  const path = asked.path === null ? BAD_PATH : readPath(asked.path, paths);
  if (asked.path !== null && path === BAD_PATH) return 'invalid path';
  const aspa = asked.path === null ? null : pathVerdict(judgement, paths.take(), path);
  if (judgement.isJson) {
    const json = routeJson(judgement, route);
    output.add(JSON.stringify(aspa ? { ...json, aspa: aspaJson(aspa, judgement) } : json));
  } else {
    output.add(routeText(judgement, route) + (aspa ? ` aspa ${verdictText(aspa)}` : ''));
  }
  return null;
}

interface Asked {
  readonly asn: string;
  readonly prefix: string;
  readonly path: string | readonly unknown[] | null;
}

/** `AS65001 192.0.2.0/24`, `192.0.2.0/24 AS65001` or Routinator's `192.0.2.0/24 => AS65001`. */
function textLine(text: string): Asked | string {
  const words = text.split(/\s*=>\s*|\s+/).filter((word) => word !== '');
  if (words.length !== 2) return 'neither "ASN PREFIX" nor JSON';
  const [first, second] = words as [string, string];
  return first.includes('/')
    ? { asn: second, prefix: first, path: null }
    : { asn: first, prefix: second, path: null };
}

function jsonLine(text: string): Asked | string {
  let value: AsJson;
  try {
    value = JSON.parse(text) as AsJson;
  } catch {
    return 'not JSON';
  }
  const asn = value.asn ?? value.origin_asn;
  const { prefix, path } = value;
  const isText = typeof asn === 'string' || typeof asn === 'number';
  if (!isText || typeof prefix !== 'string') return 'asn or prefix is missing';
  if (path === undefined || path === null) return { asn: String(asn), prefix, path: null };
  if (typeof path !== 'string' && !Array.isArray(path)) return 'invalid path';
  return { asn: String(asn), prefix, path };
}

function readPath(path: string | readonly unknown[], paths: WordListTable): number {
  const reader = new PathReader();
  return typeof path === 'string' ? reader.text(path, paths) : reader.array(path, paths);
}

function isTooOld({ generatedS, atUs }: Judgement): boolean {
  return atUs !== null && isStale(generatedS, atUs);
}

function routeJson(judgement: Judgement, route: Route): AsJson {
  const json = routeValidity(judgement.vrps!, route);
  if (!isTooOld(judgement)) return json;
  const validity = json.validity as AsJson;
  return {
    ...json,
    validity: { ...validity, state: 'unknown', reason: 'stale', description: 'The VRPs are too old' },
  };
}

function routeText(judgement: Judgement, { asn, prefix }: Route): string {
  const text = formatPrefix(prefix.isV6, prefix.bits, prefix.words);
  const verdict = isTooOld(judgement)
    ? { state: 'unknown', reason: 'stale' }
    : explainOrigin(judgement.vrps!, prefix, asn);
  return `AS${asn} ${text} ${verdictText(verdict)}`;
}

function* consulted(judgement: Judgement, { asn, prefix }: Route): Generator<string> {
  const { matched, unmatchedAs, unmatchedLength } = explainOrigin(judgement.vrps!, prefix, asn);
  const lists = { matches: matched, 'other AS': unmatchedAs, 'too long': unmatchedLength };
  for (const [what, vrps] of Object.entries(lists)) {
    for (const vrp of vrps) {
      const anchor = vrp.trustAnchor === '' ? '' : ` (${vrp.trustAnchor})`;
      yield `  ${what}: AS${vrp.asn} ${vrp.prefix}-${vrp.maxLength}${anchor}`;
    }
  }
}

function verdictText({
  state,
  reason,
}: {
  readonly state: string | null;
  readonly reason: string | null;
}): string {
  return `${state ?? 'none'}${reason === null ? '' : ` (${reason})`}`;
}

function pathVerdict(judgement: Judgement, paths: WordLists, index: number): AspaText {
  const { aspas, procedure } = judgement;
  if (aspas.length === 0) return aspaText(ASPA.noData);
  return aspaText(isTooOld(judgement) ? ASPA.stale : verifyPath(aspas, paths, index, procedure));
}

function aspaJson({ state, reason }: AspaText, { procedure }: Judgement): AsJson {
  return { state, ...(reason === null ? {} : { reason }), procedure };
}

function hopsOf(
  { aspas }: Judgement,
  paths: WordLists,
  index: number,
): { from: string; to: string; up: string; down: string }[] {
  const asns = pathSegments(paths, index).flatMap((segment) => segment.asns);
  return pathHops(aspas, asns).map(({ from, to, up, down }) => ({
    from: `AS${from}`,
    to: `AS${to}`,
    up: HOP_NAMES[up],
    down: HOP_NAMES[down],
  }));
}

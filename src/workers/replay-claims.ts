import { DEFAULT_PARAMS } from '#core/detect/params.ts';
import type { DetectParams } from '#core/detect/params.ts';
import { sha256 } from '#core/replay/sha256.ts';
import { encodeUtf8 } from '#core/wire/bytes.ts';
import type { JsonObject } from '#core/wire/log.ts';
import type { IncidentRow } from './api.ts';
import type { ReplayOpened, ReplayVersions, VerdictList } from './api-replay.ts';

/** What an evidence bundle says it is (`kind` of its manifest). */
export const BUNDLE_KIND = 'evidence-bundle';

const MAX_ROWS = 10_000;
const MAX_TEXT = 1000;
const MAX_LIST = 4096;
const EMPTY_SHA256 = sha256(encodeUtf8('[]'));

type Check = (value: unknown) => boolean;
const isText: Check = (value) => typeof value === 'string' && value.length <= MAX_TEXT;
const isNumber: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const isFlag: Check = (value) => typeof value === 'boolean';
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.length <= MAX_LIST && value.every(check);
const oneOf =
  (...texts: readonly string[]): Check =>
  (value) =>
    texts.includes(value as string);

/** Every member of a row and what it may be. */
const ROW: Readonly<Record<keyof IncidentRow, Check>> = {
  id: isText,
  type: isText,
  artemis: isText,
  state: oneOf('ongoing', 'dormant', 'withdrawn', 'resolved'),
  severity: oneOf('info', 'warning', 'critical'),
  confidence: isNumber,
  level: oneOf('low', 'medium', 'high'),
  prefixes: listOf(isText),
  prefixCount: isNumber,
  victims: listOf(isNumber),
  culprits: listOf(isNumber),
  vantages: isNumber,
  peerAsns: isNumber,
  firstSeenUs: isNumber,
  alertedAtUs: isNumber,
  lastSeenUs: isNumber,
  endedAtUs: (value) => value === null || isNumber(value),
  summary: isText,
  isLowVisibility: isFlag,
  isEarlier: isFlag,
  mark: (value) => value === null,
};

/** What a bundle's hash is over: its manifest but for the hash, with the hash of its frames in it. */
export function manifestHash(manifest: JsonObject): string {
  const { sha256: _claimed, ...rest } = manifest;
  return sha256(encodeUtf8(JSON.stringify(rest)));
}

/**
 * What a bundle claims, and whether it is as it was written; null for a recording that is no bundle.
 * @param framesSha256 SHA-256 (hex) of its frames. @param isWhole whether nothing of it was damaged
 */
export function claimsOf(
  manifest: JsonObject,
  framesSha256: string,
  isWhole: boolean,
): ReplayOpened['bundle'] {
  if (manifest['kind'] !== BUNDLE_KIND) return null;
  const verdicts = verdictsIn(manifest['verdicts']);
  const isHashed = manifest['framesSha256'] === framesSha256 && manifest['sha256'] === manifestHash(manifest);
  const none: VerdictList = { versions: versionsIn(null), params: {}, verdicts: [], sha256: EMPTY_SHA256 };
  return {
    isIntact: isWhole && isHashed && verdicts !== null,
    versions: versionsIn(manifest['versions']),
    verdicts: verdicts ?? none,
  };
}

function versionsIn(value: unknown): ReplayVersions {
  const { rules, model, app } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return {
    rules: typeof rules === 'number' && Number.isInteger(rules) ? rules : 0,
    model: isText(model) ? (model as string) : null,
    app: isText(app) ? (app as string) : '',
  };
}

function verdictsIn(value: unknown): VerdictList | null {
  const { versions, params, verdicts, sha256: hash } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (!Array.isArray(verdicts) || verdicts.length > MAX_ROWS || !verdicts.every(isRow) || !isText(hash))
    return null;
  return { versions: versionsIn(versions), params: paramsIn(params), verdicts, sha256: hash as string };
}

function isRow(value: unknown): value is IncidentRow {
  if (typeof value !== 'object' || value === null) return false;
  const row = value as Readonly<Record<string, unknown>>;
  const members = Object.entries(ROW);
  return Object.keys(row).length === members.length && members.every(([name, check]) => check(row[name]));
}

/** Parameters that bound memory: what asks for more gets the default. */
const BOUNDS: ReadonlySet<string> = new Set<keyof DetectParams>([
  'maxPrefixes',
  'maxOrigins',
  'maxLinks',
  'maxSightings',
  'maxIncidents',
  'maxNearMisses',
  'maxPrefixesPerIncident',
]);

/** Thresholds that there are, with numbers from 0 on; the rest is left out. */
export function paramsIn(value: unknown): Partial<DetectParams> {
  if (typeof value !== 'object' || value === null) return {};
  const taken: Record<string, number> = {};
  for (const [name, number] of Object.entries(value) as [string, unknown][]) {
    const usual = Object.hasOwn(DEFAULT_PARAMS, name) ? DEFAULT_PARAMS[name as keyof DetectParams] : null;
    if (usual === null || typeof number !== 'number' || !Number.isFinite(number) || number < 0) continue;
    if (number !== usual) taken[name] = BOUNDS.has(name) ? Math.min(number, usual) : number;
  }
  return taken;
}

import type { DetectParams } from '#core/detect/params.ts';
import { sha256 } from '#core/replay/sha256.ts';
import { encodeUtf8 } from '#core/wire/bytes.ts';
import type { IncidentRow } from './api.ts';
import type { ReplayVersions, VerdictList } from './api-replay.ts';
import { incidentRow } from './incident-rows.ts';
import type { IncidentHistory } from './replay-history.ts';

/** Below this the evidence said that it was nothing: `routescope detect` leaves it out as well. */
const MIN_CONFIDENCE = 1;

/** What a complete analysis said, by when each incident began, then by its id. */
export function verdictsOf(
  history: IncidentHistory,
  versions: ReplayVersions,
  params: Partial<DetectParams>,
): VerdictList {
  const verdicts = history
    .at(Infinity)
    .filter(({ confidence }) => confidence >= MIN_CONFIDENCE)
    .map((incident) => incidentRow(incident))
    .sort((a, b) => a.firstSeenUs - b.firstSeenUs || (a.id < b.id ? -1 : 1));
  return { versions, params, verdicts, sha256: verdictsHash(verdicts) };
}

/** SHA-256 (hex) of a list of verdicts. */
export function verdictsHash(verdicts: readonly IncidentRow[]): string {
  return sha256(encodeUtf8(JSON.stringify(verdicts)));
}

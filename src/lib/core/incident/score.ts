import type { Context, Tag } from '../detect/detector.ts';
import { VOLUME_GROUPS } from '../detect/volume-anomaly.ts';
import type { Case } from './case.ts';
import { peerCount, prefixCount } from './case.ts';
import type { Severity } from './incident.ts';
import { scoreOrigin } from './score-origin.ts';
import { scorePath } from './score-path.ts';

/** All tags of a case: what its detectors gave, what the state of routing says, and what time has shown. */
export function scoreCase(found: Case, context: Context, nowS: number): Tag[] {
  const given = Array.from(found.givenTags, ([name, score]) => ({ name, score }));
  const more =
    found.group === 'origin'
      ? scoreOrigin(found, context, nowS)
      : found.group === 'path'
        ? scorePath(found, context, nowS)
        : scoreOther(found, context);
  const tags = [...given, ...more];
  for (const [name, score] of found.stickyTags) {
    if (!tags.some((tag) => tag.name === name)) tags.push({ name, score });
  }
  return tags;
}

function scoreOther(found: Case, { facts }: Context): Tag[] {
  if (found.isCondition) return [];
  const peers = peerCount(found);
  if (peers * 2 >= facts.peers && facts.peers >= 10) return [{ name: 'seen-by-most-peers', score: 2 }];
  return peers >= 10 ? [{ name: 'seen-by-ten-peers', score: 1 }] : [];
}

/** The models raise an alarm while an incident lasts that moves many routes: that stays with it. @returns whether it is news */
export function notesModels(found: Case, { knowledge }: Context): boolean {
  if (!VOLUME_GROUPS.has(found.group) || found.stickyTags.has(MODELS_AGREE)) return false;
  if (!knowledge.volume || knowledge.volume.length === 0) return false;
  found.stickyTags.set(MODELS_AGREE, 1);
  return true;
}

const MODELS_AGREE = 'models-agree';

export function sumOf(tags: readonly Tag[]): number {
  return tags.reduce((sum, tag) => sum + tag.score, 0);
}

/** How much is at stake: confidence says how sure, this says how bad. Address space in /24 and /48 units. */
export function severityOf(found: Case, context: Context): Severity {
  if (found.confidence < 4) return 'info';
  const { prefixes, peers } = context.facts;
  let units = 0;
  for (const { prefix } of found.sightings.values()) {
    const isV6 = prefixes.table(prefix) === 1;
    units += 2 ** Math.max(0, (isV6 ? 48 : 24) - prefixes.bits(prefix));
  }
  const spread = peerCount(found) / Math.max(1, peers);
  if (spread >= 0.5 || units >= 256 || prefixCount(found) >= 20) return 'critical';
  return 'warning';
}

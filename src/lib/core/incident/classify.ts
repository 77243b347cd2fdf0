import type { Context, SignalType } from '../detect/detector.ts';
import { isLarge } from '../detect/transit-free.ts';
import type { Case } from './case.ts';
import { forgerOf } from './score-origin.ts';

/** Detectors' findings by how much they explain; the first that applies names the incident. */
const MOST_TELLING: readonly SignalType[] = [
  'fat-finger-prepend',
  'fat-finger-asn',
  'fat-finger-prefix',
  'forged-path',
  'forged-origin',
];

const BENIGN = new Set([
  'victim-on-the-path',
  'customer-of-victim',
  'provider-of-victim',
  'upstream-of-victim',
  'neighbour-of-victim',
  'same-organisation',
  'mitigation-service',
  'old-origin-had-left',
  'old-origin-moved-away',
  'inside-own-block',
]);

/** What the case is called and who is held responsible, from all that is known now. */
export function classify(found: Case, context: Context): { type: SignalType; culprits: number[] } {
  if (found.group === 'leak') return classifyLeak(found, context);
  const culprits = found.culprit === 0 ? [] : [found.culprit];
  const forger = found.group === 'origin' ? forgerOf(found) : 0;
  if (forger !== 0) return { type: 'forged-path', culprits: [forger] };
  const tail = found.detail['privateTail'];
  if (typeof tail === 'string') culprits.push(...tail.split(' ').map(Number));
  const telling = MOST_TELLING.find((type) => found.types.has(type));
  if (telling) return { type: telling, culprits };
  if (found.group !== 'origin') return { type: [...found.types][0]!, culprits };
  const unknown = unknownUpstream(found, context);
  if (unknown !== 0) culprits.push(unknown);
  return { type: originType(found), culprits };
}

function originType(found: Case): SignalType {
  if (found.types.has('squatting')) return 'squatting';
  if (found.confidence < 4 && found.tags.some((tag) => BENIGN.has(tag.name))) return 'moas';
  const first = found.sightings.values().next().value;
  // A watch list knows the prefix around it, announced or not.
  const isListedSub = String(found.detail['artemis'] ?? '').startsWith('S');
  return isListedSub || (first && first.cover !== -1) ? 'subprefix-hijack' : 'origin-hijack';
}

/**
 * The only AS through which the origin was heard, when nobody knew it to be the origin's provider: it may have written
 * the origin as well, so it stands beside it. 0 when there is none.
 */
function unknownUpstream(found: Case, context: Context): number {
  const { facts } = context;
  const tail = found.main?.tail;
  const upstream = tail?.at(-2);
  if (upstream === undefined || isLarge(upstream, context)) return 0;
  if (facts.graph.downstreamCount(upstream) > 2 || facts.graph.upstreamCount(found.culprit) > 1) return 0;
  const since = facts.graph.asSinceS(upstream);
  return since !== null && since * 1e6 >= found.firstUs - 1e6 ? upstream : 0;
}

function classifyLeak(found: Case, context: Context): { type: SignalType; culprits: number[] } {
  if (!found.types.has('forged-path')) return { type: 'route-leak', culprits: [found.culprit] };
  const tail = found.main?.tail ?? [];
  const at = tail.indexOf(found.culprit);
  const writer = at > 0 ? tail.slice(0, at).find((asn) => !isLarge(asn, context)) : undefined;
  return { type: 'forged-path', culprits: [writer ?? found.culprit] };
}

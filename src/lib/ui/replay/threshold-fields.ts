import type { DetectParams } from '#core/detect/params.ts';

/** How a threshold of `core/detect/params.ts` is asked for. Defaults stand there, reasons in docs/detectors.md. */
export interface ThresholdField {
  readonly name: keyof DetectParams;
  readonly label: string;
  /** `s`, `peer ASes`, `share`, … */
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  /** Shares go in hundredths, all else in wholes. */
  readonly step: number;
}

export interface ThresholdGroup {
  readonly title: string;
  readonly fields: readonly ThresholdField[];
}

const DAY_S = 86_400;

function whole(name: keyof DetectParams, unit: string, label: string, max: number, min = 0): ThresholdField {
  return { name, label, unit, min, max, step: 1 };
}

function share(name: keyof DetectParams, label: string): ThresholdField {
  return { name, label, unit: 'share, 0 to 1', min: 0, max: 1, step: 0.01 };
}

const seconds = (name: keyof DetectParams, label: string): ThresholdField =>
  whole(name, 's', label, 30 * DAY_S);

/** All thresholds, in the order of the form. */
export const THRESHOLD_GROUPS: readonly ThresholdGroup[] = [
  {
    title: 'Who must have seen it',
    fields: [
      whole('minPeerAsns', 'peer ASes', 'that must show it before it is an incident', 1000, 1),
      seconds('fadeOffS', 'that a sighting by one peer AS waits for a second'),
      seconds('knownAfterS', 'an origin or link must have been held to count as known'),
      share('wellSeenShare', 'of the peer ASes for a victim to be well seen'),
      whole('wellSeenPeers', 'peer ASes', 'that are enough for that, however many there are', 1000, 1),
      share('sampledShare', 'of the vantages that must hold the origin’s route to call a link never seen'),
    ],
  },
  {
    title: 'Changed origins and made-up paths',
    fields: [
      whole('prependAsnMax', 'AS number', 'up to which an origin may be a prepend count', 65_535),
      whole('minBitsV4', 'bits', 'IPv4: shorter prefixes are not judged', 32),
      whole('minBitsV6', 'bits', 'IPv6: shorter prefixes are not judged', 128),
      whole('maxUsualBitsV4', 'bits', 'IPv4: the longest usual prefix', 32),
      whole('maxUsualBitsV6', 'bits', 'IPv6: the longest usual prefix', 128),
      whole(
        'aggregatedMinChildren',
        'more-specifics',
        'of others that make a block provider space',
        10_000,
        1,
      ),
      whole(
        'manyTenants',
        'parts',
        'of a block others announced before, for one more to be usual',
        10_000,
        1,
      ),
      whole('reconnectedLinks', 'new links', 'at once that show the origin itself changed', 1000, 1),
      whole('largeTransitCustomers', 'ASes', 'behind a network that make it a large transit', 100_000, 1),
      seconds('lastingS', 'after which a change that stays looks intended'),
      seconds('transferAfterS', 'for a renumbering to be complete'),
    ],
  },
  {
    title: 'Mass events',
    fields: [
      seconds('massWindowS', 'window of mass events'),
      whole('massMinVictims', 'ASes', 'whose prefixes one AS newly originates', 100_000, 1),
      whole('massMinPrefixes', 'prefixes', 'at least', 1_000_000, 1),
      whole('massLeakOrigins', 'origins', 'behind one unknown link for a mass leak', 100_000, 1),
    ],
  },
  {
    title: 'Life of an incident',
    fields: [
      share('withdrawnShare', 'of its routes that must be gone to be withdrawn'),
      seconds('resolveAfterS', 'from withdrawn to resolved'),
      seconds('dormantAfterS', 'without news until dormant'),
    ],
  },
  {
    title: 'Visibility, outages, storms',
    fields: [
      share('visibilityLossShare', 'of the holders that must have let go'),
      whole('visibilityMinVantages', 'vantages', 'that must have held it', 10_000, 1),
      seconds('visibilityHoldS', 'it must stay lost'),
      share('outageShare', 'of an AS’s prefixes lost for an outage'),
      whole('outageMinPrefixes', 'prefixes', 'at least for an outage', 1_000_000, 1),
      whole('stormFactor', 'times', 'the median minute of withdrawals', 100_000, 1),
      whole('stormMinPerMinute', 'withdrawals/min', 'at least for a storm', 10_000_000, 1),
    ],
  },
  {
    title: 'Instability and paths',
    fields: [
      whole('flapMinPerHour', 'cycles/h', 'withdraw and announce, for flapping', 1_000_000, 1),
      whole('churnFactor', 'times', 'the prefix’s usual rate of changes, for churn', 1_000_000, 1),
      whole('churnMinPerHour', 'changes/h', 'at least for churn', 10_000_000, 1),
      whole('longPathHops', 'hops', 'of a long path, prepends counted', 1000, 1),
      whole('inflationHops', 'hops', 'over the prefix’s usual', 1000, 1),
      whole('sessionResetsPerHour', 'resets/h', 'of one session', 100_000, 1),
      whole(
        'transferFreshPerMinute',
        'routes/min',
        'new from one vantage: it sends its table',
        10_000_000,
        1,
      ),
      seconds('transferMaxS', 'after a session came up during which it does'),
    ],
  },
  {
    title: 'Room',
    fields: [
      whole('maxPrefixes', 'prefixes', 'known at most', 10_000_000, 1),
      whole('maxOrigins', '(prefix, origin)', 'known at most', 10_000_000, 1),
      whole('maxLinks', 'AS links', 'known at most', 10_000_000, 1),
      whole('maxSightings', 'sightings', 'waiting at most', 10_000_000, 1),
      whole('maxIncidents', 'incidents', 'at most', 100_000, 1),
      whole('maxNearMisses', 'near-misses', 'kept at most', 100_000, 1),
      whole('maxPrefixesPerIncident', 'prefixes', 'of one incident named at most', 100_000, 1),
    ],
  },
];

const FIELDS: ReadonlyMap<string, ThresholdField> = new Map(
  THRESHOLD_GROUPS.flatMap(({ fields }) => fields.map((field) => [field.name, field] as const)),
);

/** The field of a threshold by its name; undefined when there is none of that name. */
export function thresholdField(name: string): ThresholdField | undefined {
  return FIELDS.get(name);
}

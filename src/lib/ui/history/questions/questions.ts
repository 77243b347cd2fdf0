import type { Question } from './question.ts';
import { bucketSql, stepOf, textSql, whereSql } from './question.ts';

const ANNOUNCED = { column: 'announcements', name: 'announcements', colour: 'announce' } as const;
const WITHDRAWN = { column: 'withdrawals', name: 'withdrawals', colour: 'withdraw' } as const;
const UPDATES = "kind IN ('announce', 'withdraw')";
const NO_UPDATES = 'No update in this window.';

const rate: Question = {
  id: 'updates',
  title: 'Updates over time',
  about:
    'Announced and withdrawn prefixes per step, from the counts per minute: they outlive the updates themselves.',
  params: ['step'],
  sql: (params, spanUs) =>
    `SELECT ${bucketSql('minute', stepOf(params, spanUs))} AS time,
  sum(announcements)::BIGINT AS announcements,
  sum(withdrawals)::BIGINT AS withdrawals
FROM minutes${whereSql(params, 'minute')}
GROUP BY 1 ORDER BY 1`,
  chart: { kind: 'time', time: 'time', series: [ANNOUNCED, WITHDRAWN], unit: 'updates' },
  none: NO_UPDATES,
};

const prefixes: Question = {
  id: 'prefixes',
  title: 'Busiest prefixes',
  about: 'Prefixes with the most updates, at how many vantages, and by how many origins they were announced.',
  params: ['top'],
  sql: (params) =>
    `SELECT prefix,
  count(*) AS updates,
  count(*) FILTER (kind = 'announce') AS announcements,
  count(*) FILTER (kind = 'withdraw') AS withdrawals,
  count(DISTINCT (collector, peer)) AS vantages,
  count(DISTINCT origin_asn) AS origins
FROM elems${whereSql(params, 'time', UPDATES)}
GROUP BY prefix
ORDER BY updates DESC, prefix
LIMIT ${params.top}`,
  chart: { kind: 'bars', label: 'prefix', parts: [ANNOUNCED, WITHDRAWN] },
  none: NO_UPDATES,
};

const origins: Question = {
  id: 'asns',
  title: 'Busiest ASNs',
  about: 'Origin ASes by announcements of their prefixes. A withdrawal names no origin and is not counted.',
  params: ['top'],
  sql: (params) =>
    `SELECT origin_asn AS asn,
  count(*) AS announcements,
  count(DISTINCT prefix) AS prefixes,
  count(DISTINCT (collector, peer)) AS vantages
FROM elems${whereSql(params, 'time', "kind = 'announce'", 'origin_asn IS NOT NULL')}
GROUP BY origin_asn
ORDER BY announcements DESC, asn
LIMIT ${params.top}`,
  chart: { kind: 'bars', label: 'asn', parts: [ANNOUNCED] },
  none: 'No announcement in this window.',
};

const peers: Question = {
  id: 'peers',
  title: 'Busiest peers',
  about: 'Vantages by updates sent, from the counts per minute.',
  params: ['top'],
  sql: (params) =>
    `SELECT collector || ' ' || peer AS vantage,
  any_value(peer_asn) AS peer_asn,
  sum(announcements)::BIGINT AS announcements,
  sum(withdrawals)::BIGINT AS withdrawals,
  sum(state_changes)::BIGINT AS state_changes
FROM minutes${whereSql(params, 'minute')}
GROUP BY vantage
ORDER BY sum(announcements) + sum(withdrawals) DESC, vantage
LIMIT ${params.top}`,
  chart: { kind: 'bars', label: 'vantage', parts: [ANNOUNCED, WITHDRAWN] },
  none: NO_UPDATES,
};

const moas: Question = {
  id: 'moas',
  title: 'MOAS over time',
  about:
    'Prefixes that more than one origin AS announced within the same step (multiple-origin AS). Some are meant to be; a jump is worth a look.',
  params: ['step'],
  sql: (params, spanUs) =>
    `WITH seen AS (
  SELECT ${bucketSql('time', stepOf(params, spanUs))} AS time, prefix, count(DISTINCT origin_asn) AS origins
  FROM elems${whereSql(params, 'time', "kind = 'announce'", 'origin_asn IS NOT NULL').replaceAll('\n', '\n  ')}
  GROUP BY ALL
)
SELECT time,
  count(*) FILTER (origins > 1) AS moas_prefixes,
  count(*) AS announced_prefixes,
  max(origins) AS most_origins,
  list(prefix ORDER BY origins DESC, prefix) FILTER (origins > 1)[1:3] AS examples
FROM seen
GROUP BY time ORDER BY time`,
  chart: {
    kind: 'time',
    time: 'time',
    series: [{ column: 'moas_prefixes', name: 'prefixes with several origins', colour: 'state' }],
    unit: 'prefixes',
  },
  none: 'No announcement in this window.',
};

const lengths: Question = {
  id: 'path-length',
  title: 'Path length',
  about: 'How many different ASes the paths of announcements have: repeats by prepending count once.',
  params: [],
  sql: (params) =>
    `SELECT len(list_distinct(string_split(path, ' '))) AS ases,
  count(*) FILTER (NOT contains(prefix, ':')) AS ipv4,
  count(*) FILTER (contains(prefix, ':')) AS ipv6
FROM elems${whereSql(params, 'time', "kind = 'announce'", "path <> ''")}
GROUP BY ases ORDER BY ases`,
  chart: {
    kind: 'histogram',
    x: 'ases',
    parts: [
      { column: 'ipv4', name: 'IPv4', colour: 'announce' },
      { column: 'ipv6', name: 'IPv6', colour: 'state' },
    ],
    unit: 'different ASes on the path',
  },
  none: 'No announcement in this window.',
};

const hours: Question = {
  id: 'hours',
  title: 'Updates by hour',
  about: 'Updates in each hour of each day, UTC, from the counts per minute.',
  params: [],
  sql: (params) =>
    `SELECT minute::DATE AS day,
  hour(minute) AS hour,
  sum(announcements + withdrawals)::BIGINT AS updates
FROM minutes${whereSql(params, 'minute')}
GROUP BY ALL ORDER BY day, hour`,
  chart: { kind: 'heat', day: 'day', hour: 'hour', value: 'updates' },
  none: NO_UPDATES,
};

const calendar: Question = {
  id: 'calendar',
  title: 'Incident calendar',
  about: 'Incidents by the day they began, UTC.',
  params: [],
  sql: (params) =>
    `SELECT first_seen::DATE AS day,
  count(*) AS incidents,
  count(*) FILTER (level = 'high') AS high,
  count(*) FILTER (level = 'medium') AS medium,
  count(*) FILTER (level = 'low') AS low,
  list(DISTINCT type ORDER BY type) AS types
FROM incidents${whereSql(params, 'first_seen')}
GROUP BY ALL ORDER BY day`,
  chart: { kind: 'calendar', day: 'day', value: 'incidents' },
  none: 'No incident in this data set. The detectors are run over recordings and over the live stream; files of Parquet, Arrow or CSV have none.',
};

const timeline: Question = {
  id: 'prefix',
  title: 'One prefix',
  about: 'Everything said about a prefix (or several, apart by commas), by the origin that was announced.',
  params: ['prefix'],
  sql: (params) => {
    const wanted = params.prefix
      .split(/[\s,]+/)
      .filter(Boolean)
      .slice(0, 20)
      .map(textSql);
    const list = wanted.length === 0 ? "('')" : `(${wanted.join(', ')})`;
    return `SELECT time, kind, prefix,
  coalesce('AS' || origin_asn, 'withdrawn') AS origin,
  peer_asn, collector, peer, path
FROM elems${whereSql(params, 'time', `prefix IN ${list}`)}
ORDER BY time
LIMIT 10000`;
  },
  chart: { kind: 'lanes', time: 'time', lane: 'origin', mark: 'kind' },
  none: 'Nothing was said about this prefix. It is written as it was announced, with its length: 208.65.153.0/24.',
};

const correlation: Question = {
  id: 'correlation',
  title: 'What goes together',
  about:
    'Pearson correlation, over the steps of the window, of what the stream does and of how many incidents of each type began. Empty where one of the two never changes.',
  params: ['step'],
  sql: (params, spanUs) => {
    const step = stepOf(params, spanUs);
    const feature = (name: string): string => `  SELECT step, '${name}' AS name, ${name} AS value FROM steps`;
    const names = ['announcements', 'withdrawals', 'prefixes', 'origins', 'vantages', 'path_length'];
    return `WITH steps AS (
  SELECT ${bucketSql('time', step)} AS step,
    (count(*) FILTER (kind = 'announce'))::DOUBLE AS announcements,
    (count(*) FILTER (kind = 'withdraw'))::DOUBLE AS withdrawals,
    count(DISTINCT prefix)::DOUBLE AS prefixes,
    count(DISTINCT origin_asn)::DOUBLE AS origins,
    count(DISTINCT (collector, peer))::DOUBLE AS vantages,
    avg(len(string_split(path, ' '))) FILTER (kind = 'announce' AND path <> '') AS path_length
  FROM elems${whereSql(params, 'time', UPDATES).replaceAll('\n', '\n  ')}
  GROUP BY ALL
), began AS (
  SELECT ${bucketSql('first_seen', step)} AS step, type, count(*) AS n FROM incidents GROUP BY ALL
), series AS (
${names.map(feature).join(' UNION ALL\n')} UNION ALL
  SELECT steps.step, types.type, coalesce(began.n, 0)::DOUBLE
  FROM steps CROSS JOIN (SELECT DISTINCT type FROM incidents) AS types
  LEFT JOIN began ON began.step = steps.step AND began.type = types.type
)
SELECT a.name AS row, b.name AS "column", corr(a.value, b.value) AS r, count(*) AS steps
FROM series AS a JOIN series AS b USING (step)
WHERE a.value IS NOT NULL AND b.value IS NOT NULL
GROUP BY ALL ORDER BY ALL`;
  },
  chart: { kind: 'matrix', x: 'column', y: 'row', value: 'r' },
  none: NO_UPDATES,
};

/** The ready-made questions, in the order they are offered. */
export const QUESTIONS: readonly Question[] = [
  rate,
  prefixes,
  origins,
  peers,
  moas,
  lengths,
  hours,
  calendar,
  timeline,
  correlation,
];

export const questionOf = (id: string): Question | null => QUESTIONS.find((one) => one.id === id) ?? null;

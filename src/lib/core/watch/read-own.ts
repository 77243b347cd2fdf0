import { ANY_ASN, isEmptySet, NO_ASNS } from './asn-set.ts';
import type { FieldReader, Members } from './fields.ts';
import type { Place } from './mistakes.ts';
import type { Monitor, WatchAs, WatchList, WatchPrefix, WatchRule } from './watch-list.ts';
import { MONITORS, WATCH_LIMITS } from './watch-list.ts';

const RULE_MEMBERS = [
  'prefixes',
  'label',
  'groups',
  'origins',
  'neighbors',
  'prependSeqs',
  'noExport',
  'moreSpecifics',
  'paths',
  'monitors',
  'minPeers',
  'ignore',
];
const AS_MEMBERS = ['asn', 'label', 'groups', 'upstreams', 'downstreams', 'monitors', 'minPeers'];

/** Read the own format (docs/watch.md, docs/watch.schema.json): `watch: 1`, `prefixes`, `asns`, `minPeers`. */
export function readOwn(file: Members, fields: FieldReader): Omit<WatchList, 'warnings'> {
  fields.only(file, ['watch', 'prefixes', 'asns', 'minPeers'], []);
  if (file['watch'] !== 1) fields.log.add(['watch'], 'expected version 1');
  return {
    format: 'routescope',
    rules: entriesOf(file['prefixes'], ['prefixes'], WATCH_LIMITS.rules, fields).map(({ members, place }) =>
      readRule(members, place, fields),
    ),
    ases: entriesOf(file['asns'], ['asns'], WATCH_LIMITS.ases, fields).flatMap(({ members, place }) =>
      readAs(members, place, fields),
    ),
    minPeers: readMinPeers(file['minPeers'], ['minPeers'], fields),
  };
}

function entriesOf(
  value: unknown,
  place: Place,
  limit: number,
  fields: FieldReader,
): { members: Members; place: Place }[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || value.length > limit) {
    fields.log.add(place, `expected a list of up to ${limit} entries`);
    return [];
  }
  return (value as unknown[]).flatMap((entry, i) => {
    const members = fields.members(entry, [...place, i]);
    return members ? { members, place: [...place, i] } : [];
  });
}

function readRule(members: Members, place: Place, fields: FieldReader): WatchRule {
  const at = (member: string): Place => [...place, member];
  fields.only(members, RULE_MEMBERS, place);
  const prefixes = fields
    .flat(members['prefixes'], at('prefixes'))
    .map((item) => fields.prefix(item.value, item.place))
    .filter((prefix): prefix is WatchPrefix => prefix !== null);
  if (prefixes.length === 0) fields.log.add(at('prefixes'), 'no prefix');
  const neighbors =
    members['neighbors'] === undefined ? ANY_ASN : fields.asnSet(members['neighbors'], at('neighbors'));
  const sequences = members['prependSeqs'] ?? [];
  if (!Array.isArray(sequences)) fields.log.add(at('prependSeqs'), 'expected a list of lists of AS numbers');
  return {
    at: `prefixes[${String(place[1])}]`,
    label: fields.text(members['label'], at('label')),
    groups: fields.texts(members['groups'], at('groups')),
    prefixes,
    origins: members['origins'] === undefined ? NO_ASNS : fields.asnSet(members['origins'], at('origins')),
    neighbors: isEmptySet(neighbors) ? ANY_ASN : neighbors,
    prependSeqs: (Array.isArray(sequences) ? (sequences as unknown[]) : []).map((sequence, i) =>
      fields
        .flat(sequence, [...at('prependSeqs'), i])
        .map((item) => fields.asn(item.value, item.place))
        .filter((asn): asn is number => asn !== null),
    ),
    isNoExport: fields.flag(members['noExport'], at('noExport'), false),
    moreSpecifics: fields.oneOf(
      members['moreSpecifics'],
      at('moreSpecifics'),
      ['alert', 'allow', 'ignore'] as const,
      'alert',
    ),
    pathRules: fields.pathRules(members['paths'], at('paths'), 'label'),
    monitors: readMonitors(members['monitors'], at('monitors'), fields),
    minPeers: readMinPeers(members['minPeers'], at('minPeers'), fields),
    isIgnored: fields.flag(members['ignore'], at('ignore'), false),
  };
}

function readAs(members: Members, place: Place, fields: FieldReader): WatchAs[] {
  const at = (member: string): Place => [...place, member];
  fields.only(members, AS_MEMBERS, place);
  const asn = fields.asn(members['asn'], at('asn'));
  if (asn === null) return [];
  const side = (member: string): WatchAs['upstreams'] =>
    members[member] === undefined ? null : fields.asnSet(members[member], at(member));
  return [
    {
      at: `asns[${String(place[1])}]`,
      asn,
      label: fields.text(members['label'], at('label')),
      groups: fields.texts(members['groups'], at('groups')),
      upstreams: side('upstreams'),
      downstreams: side('downstreams'),
      monitors: readMonitors(members['monitors'], at('monitors'), fields),
      minPeers: readMinPeers(members['minPeers'], at('minPeers'), fields),
    },
  ];
}

/** Those named, or all but those named with a leading `-`; absent: all. */
function readMonitors(value: unknown, place: Place, fields: FieldReader): readonly Monitor[] {
  const named = fields.texts(value, place);
  if (named.length === 0) return MONITORS;
  const [on, off] = [new Set<string>(), new Set<string>()];
  for (const name of named) {
    const isOff = name.startsWith('-');
    const monitor = isOff ? name.slice(1) : name;
    if (MONITORS.some((known) => known === monitor)) (isOff ? off : on).add(monitor);
    else fields.log.add(place, `there is no monitor "${name.slice(0, 64)}": ${MONITORS.join(', ')}`);
  }
  return MONITORS.filter((monitor) => (on.size === 0 || on.has(monitor)) && !off.has(monitor));
}

function readMinPeers(value: unknown, place: Place, fields: FieldReader): Partial<Record<Monitor, number>> {
  if (value === undefined || value === null) return {};
  const members = fields.members(value, place);
  if (!members) return {};
  fields.only(members, MONITORS, place);
  const minPeers: Partial<Record<Monitor, number>> = {};
  for (const monitor of MONITORS) {
    const count = fields.whole(members[monitor], [...place, monitor], 0, 100_000);
    if (count !== null) minPeers[monitor] = count;
  }
  return minPeers;
}

import { isEmptySet } from './asn-set.ts';
import type { FieldReader, Members } from './fields.ts';
import type { Place } from './mistakes.ts';
import type { Monitor, PathRule, WatchAs, WatchList, WatchPrefix, WatchRule } from './watch-list.ts';
import { ANY_ASN } from './asn-set.ts';
import { MONITORS, WATCH_LIMITS } from './watch-list.ts';

/** Monitors by the names BGPalerter's shipped config.yml gives them. */
export const BGPALERTER_NAMES: Readonly<Record<Monitor, string>> = {
  hijack: 'basic-hijack-detection',
  'new-prefix': 'prefix-detection',
  visibility: 'withdrawal-detection',
  path: 'path-matching',
  neighbors: 'path-neighbors',
  asn: 'asn-monitor',
  rpki: 'rpki-monitor',
  roa: 'rpki-diff',
};

const RULE_MEMBERS = [
  'description',
  'asn',
  'ignoreMorespecifics',
  'ignore',
  'group',
  'excludeMonitors',
  'includeMonitors',
  'path',
  // Written by its generator: says that the prefix was RPKI valid.
  'valid',
];

/**
 * Read BGPalerter's `prefixes.yml` as it is: prefixes as keys (host bits allowed), `options.monitorASns`. Names of
 * monitors are those of its shipped config.yml; other names are passed over with a warning.
 */
export function readBgpalerter(file: Members, fields: FieldReader): Omit<WatchList, 'warnings'> {
  const rules: WatchRule[] = [];
  const names = Object.keys(file).filter((name) => name !== 'options');
  if (names.length > WATCH_LIMITS.rules) fields.log.add([], `over ${WATCH_LIMITS.rules} prefixes`);
  for (const name of names.slice(0, WATCH_LIMITS.rules)) {
    const prefix = fields.prefix(name, [name]);
    const members = fields.members(file[name], [name]);
    if (prefix && members) rules.push(readRule(name, prefix, members, fields));
  }
  const options = file['options'] === undefined ? null : fields.members(file['options'], ['options']);
  const ases = options ? readAses(options, fields) : [];
  return { format: 'bgpalerter', rules, ases, minPeers: {} };
}

function readRule(name: string, prefix: WatchPrefix, members: Members, fields: FieldReader): WatchRule {
  const at = (member: string): Place => [name, member];
  fields.only(members, RULE_MEMBERS, [name]);
  const origins = fields.asnSet(members['asn'], at('asn'));
  if (isEmptySet(origins)) fields.log.add(at('asn'), 'no AS number');
  const isIgnoring = fields.flag(members['ignoreMorespecifics'], at('ignoreMorespecifics'), false);
  return {
    at: name,
    label: fields.text(members['description'], at('description')),
    groups: fields.texts(members['group'], at('group')),
    prefixes: [prefix],
    origins,
    neighbors: ANY_ASN,
    prependSeqs: [],
    isNoExport: false,
    moreSpecifics: isIgnoring ? 'ignore' : 'alert',
    pathRules: readPathRules(members['path'], at('path'), fields),
    monitors: readMonitors(members, name, fields),
    minPeers: {},
    isIgnored: fields.flag(members['ignore'], at('ignore'), false),
  };
}

/** BGPalerter looks at `minLength` only where there is a `maxLength`; without one, the pattern alone decides. */
function readPathRules(value: unknown, place: Place, fields: FieldReader): PathRule[] {
  return fields.pathRules(value, place, 'matchDescription').map((rule) => {
    if (rule.minLength === null || rule.maxLength !== null) return rule;
    fields.log.warn(place, 'minLength without maxLength has no effect, as in BGPalerter');
    return { ...rule, minLength: null };
  });
}

function readMonitors(members: Members, name: string, fields: FieldReader): Monitor[] {
  const named = (member: string): Monitor[] =>
    fields.texts(members[member], [name, member]).flatMap((text) => {
      const monitor = MONITORS.find((known) => BGPALERTER_NAMES[known] === text);
      if (!monitor) fields.log.warn([name, member], `there is no monitor "${text.slice(0, 64)}"`);
      return monitor ?? [];
    });
  const included = named('includeMonitors');
  if (included.length > 0) return MONITORS.filter((monitor) => included.includes(monitor));
  const excluded = named('excludeMonitors');
  return MONITORS.filter((monitor) => !excluded.includes(monitor));
}

function readAses(options: Members, fields: FieldReader): WatchAs[] {
  const place = ['options', 'monitorASns'];
  if (options['monitorASns'] === undefined || options['monitorASns'] === null) return [];
  const monitored = fields.members(options['monitorASns'], place);
  const entries = Object.entries(monitored ?? {});
  if (entries.length > WATCH_LIMITS.ases) fields.log.add(place, `over ${WATCH_LIMITS.ases} AS numbers`);
  return entries.slice(0, WATCH_LIMITS.ases).flatMap(([name, value]): WatchAs[] => {
    const asn = fields.asn(name, [...place, name]);
    const members = value === null ? {} : fields.members(value, [...place, name]);
    if (asn === null || !members) return [];
    const side = (member: string): WatchAs['upstreams'] =>
      member in members ? fields.asnSet(members[member], [...place, name, member]) : null;
    return [
      {
        at: `options.monitorASns.${name}`,
        asn,
        label: fields.text(members['description'], [...place, name, 'description']),
        groups: fields.texts(members['group'], [...place, name, 'group']),
        upstreams: side('upstreams'),
        downstreams: side('downstreams'),
        monitors: MONITORS,
        minPeers: {},
      },
    ];
  });
}

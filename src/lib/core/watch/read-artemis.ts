import type { AsnSet } from './asn-set.ts';
import { ANY_ASN, isEmptySet, NO_ASNS } from './asn-set.ts';
import type { FieldReader, Members } from './fields.ts';
import type { Place } from './mistakes.ts';
import { quoteValue } from './mistakes.ts';
import type { WatchList, WatchPrefix, WatchRule } from './watch-list.ts';
import { WATCH_LIMITS } from './watch-list.ts';

const FILE_MEMBERS = ['prefixes', 'monitors', 'asns', 'rules'];
const RULE_MEMBERS = [
  'prefixes',
  'origin_asns',
  'neighbors',
  'prepend_seq',
  'policies',
  'mitigation',
  'community_annotations',
];

/**
 * Read ARTEMIS' `config.yaml` as it is. Only prefixes that stand in a rule are watched, as in ARTEMIS; its monitors
 * (feeds), mitigation scripts and community annotations are its own affair and passed over with a remark.
 */
export function readArtemis(file: Members, fields: FieldReader): Omit<WatchList, 'warnings'> {
  fields.only(file, FILE_MEMBERS, []);
  checkDeclared(file, fields);
  if (file['monitors'] !== undefined) fields.log.warn(['monitors'], 'feeds are chosen elsewhere');
  const rules: WatchRule[] = [];
  const entries = file['rules'] === null ? [] : file['rules'];
  if (!Array.isArray(entries)) fields.log.add(['rules'], 'expected a list of rules');
  else if (entries.length > WATCH_LIMITS.rules) fields.log.add(['rules'], `over ${WATCH_LIMITS.rules} rules`);
  else {
    for (const [i, entry] of (entries as unknown[]).entries()) {
      const members = fields.members(entry, ['rules', i]);
      if (members) rules.push(readRule(members, i, fields));
    }
  }
  // ARTEMIS alerts on the first update that breaks a rule.
  return { format: 'artemis', rules, ases: [], minPeers: { hijack: 1, 'new-prefix': 1 } };
}

/** What is declared and used nowhere is checked all the same: a typing error there is one in every rule to come. */
function checkDeclared(file: Members, fields: FieldReader): void {
  for (const [section, read] of [
    ['prefixes', (value: unknown, place: Place) => void fields.prefix(value, place)],
    ['asns', (value: unknown, place: Place) => void (value === '*' || fields.asnRange(value, place))],
  ] as const) {
    if (file[section] === undefined || file[section] === null) continue;
    const declared = fields.members(file[section], [section]);
    for (const [name, value] of Object.entries(declared ?? {})) {
      if (
        section === 'asns' &&
        /^RIPE_WHOIS_AS_SET_/.test(name) &&
        Array.isArray(value) &&
        value.length === 0
      ) {
        fields.log.warn([section, name], 'AS-SETs are not looked up: the list is empty');
      }
      for (const item of fields.flat(value, [section, name])) read(item.value, item.place);
    }
  }
}

function readRule(members: Members, i: number, fields: FieldReader): WatchRule {
  const at = (member: string): Place => ['rules', i, member];
  fields.only(members, RULE_MEMBERS, ['rules', i]);
  const prefixes = fields
    .flat(members['prefixes'], at('prefixes'))
    .map((item) => fields.prefix(item.value, item.place))
    .filter((prefix): prefix is WatchPrefix => prefix !== null);
  if (prefixes.length === 0) fields.log.add(at('prefixes'), 'no prefix');
  const origins = readAsns(members, 'origin_asns', i, NO_ASNS, fields);
  if (members['origin_asns'] !== undefined && isEmptySet(origins)) {
    fields.log.warn(at('origin_asns'), 'the list is empty: nobody may originate these prefixes');
  }
  // "[] or '*' neighbors" means that any will do.
  const neighbors = readAsns(members, 'neighbors', i, ANY_ASN, fields);
  const prependSeqs = readSequences(members['prepend_seq'], at('prepend_seq'), fields);
  const isNoExport = readPolicies(members['policies'], at('policies'), fields);
  if (prependSeqs.length > 0 && (isNoExport || members['neighbors'] !== undefined)) {
    fields.log.add(at('prepend_seq'), 'cannot stand with neighbors or policies in one rule');
  }
  return {
    at: `rules[${i}]`,
    label: '',
    groups: [],
    prefixes,
    origins,
    neighbors: isEmptySet(neighbors) ? ANY_ASN : neighbors,
    prependSeqs,
    isNoExport,
    moreSpecifics: 'alert',
    pathRules: [],
    monitors: ['hijack', 'new-prefix'],
    minPeers: {},
    isIgnored: false,
  };
}

function readAsns(members: Members, name: string, i: number, absent: AsnSet, fields: FieldReader): AsnSet {
  const value = members[name];
  return value === undefined || value === null ? absent : fields.asnSet(value, ['rules', i, name]);
}

/** A list of sequences, each a list of AS numbers, the one next to the origin last. */
function readSequences(value: unknown, place: Place, fields: FieldReader): number[][] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || value.length > WATCH_LIMITS.patternsPerRule * 50) {
    fields.log.add(place, 'expected a list of lists of AS numbers');
    return [];
  }
  return (value as unknown[]).flatMap((sequence, i) => {
    if (!Array.isArray(sequence)) {
      fields.log.add([...place, i], `expected a list of AS numbers, found ${quoteValue(sequence)}`);
      return [];
    }
    const asns = fields.flat(sequence, [...place, i]).map((item) => fields.asn(item.value, item.place));
    return [asns.filter((asn): asn is number => asn !== null)];
  });
}

function readPolicies(value: unknown, place: Place, fields: FieldReader): boolean {
  const policies = fields.texts(value, place);
  for (const policy of policies) {
    if (policy !== 'no-export') fields.log.warn(place, `policy ${quoteValue(policy)} is not known`);
  }
  return policies.includes('no-export');
}

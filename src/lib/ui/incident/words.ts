import type { IncidentRow, SignalType } from '../../../workers/api.ts';
import { formatAsn } from '#core/elem/asn.ts';

/** Names of the types for people, in the order a filter offers them. */
export const TYPE_NAMES: Readonly<Record<SignalType, string>> = {
  'origin-hijack': 'origin hijack',
  'subprefix-hijack': 'sub-prefix hijack',
  squatting: 'squatting',
  moas: 'several origins',
  'forged-origin': 'forged origin',
  'forged-path': 'forged path',
  'fat-finger-asn': 'mistyped AS number',
  'fat-finger-prepend': 'mistyped prepending',
  'fat-finger-prefix': 'mistyped prefix',
  'route-leak': 'route leak',
  'mass-origination': 'mass origination',
  'rpki-invalid': 'RPKI invalid',
  'visibility-loss': 'visibility loss',
  'as-outage': 'AS outage',
  'withdrawal-storm': 'withdrawal storm',
  flapping: 'flapping',
  churn: 'churn',
  'long-path': 'long path',
  'path-inflation': 'path inflation',
  'bogon-prefix': 'bogon prefix',
  'bogon-asn': 'bogon AS number',
  blackhole: 'blackhole',
  'session-reset': 'session reset',
  'unexpected-subprefix': 'unexpected more-specific',
  'unexpected-origination': 'unexpected origination',
  'new-neighbor': 'new neighbour',
  'path-rule': 'path rule',
  'roa-change': 'ROA change',
  'volume-anomaly': 'volume anomaly',
};

export const TYPES = Object.keys(TYPE_NAMES) as SignalType[];

type Subject = Pick<IncidentRow, 'type' | 'prefixes' | 'prefixCount' | 'victims' | 'culprits'> & {
  readonly covering?: string | null;
};

const list = (asns: readonly number[], none: string): string =>
  asns.length === 0
    ? none
    : asns.slice(0, 3).map(formatAsn).join(', ') + (asns.length > 3 ? ' and others' : '');

/** `208.65.153.0/24`, or `208.65.153.0/24 and 3 more`. */
export function prefixesText({ prefixes, prefixCount }: Pick<Subject, 'prefixes' | 'prefixCount'>): string {
  const [first] = prefixes;
  if (first === undefined) return prefixCount === 0 ? 'no prefix in particular' : `${prefixCount} prefixes`;
  return prefixCount > 1 ? `${first} and ${prefixCount - 1} more` : first;
}

/** What happened in one sentence, without a judgement that the data does not carry. */
export function sentenceOf(incident: Subject): string {
  const who = list(incident.culprits, 'Somebody');
  const what = prefixesText(incident);
  const of = incident.victims.length === 0 ? '' : ` of ${list(incident.victims, '')}`;
  const inside = incident.covering ? `, inside ${incident.covering}` : '';
  switch (incident.type) {
    case 'origin-hijack':
      return `${who} originates ${what}, which belonged to ${list(incident.victims, 'others')}.`;
    case 'subprefix-hijack':
      return `${who} originates ${what}${inside}${of}: a more specific route draws the traffic away.`;
    case 'squatting':
      return `${who} originates ${what}, which nobody was announcing.`;
    case 'moas':
      return `${who} originates ${what} beside ${list(incident.victims, 'another AS')}.`;
    case 'forged-origin':
      return `${who} claims to be next to ${list(incident.victims, 'the origin')} for ${what}: that link was never seen.`;
    case 'forged-path':
      return `${who} stands on a path to ${what}${of} that was never seen and is contradicted by others.`;
    case 'fat-finger-asn':
    case 'fat-finger-prefix':
      return `${who} originates ${what}${of}: one keystroke away from its own, probably mistyped.`;
    case 'fat-finger-prepend':
      return `${what}${of} is announced with ${who} on the path: a prepend count typed as an AS number.`;
    case 'route-leak':
      return `${who} passes ${what} on between networks that it should not connect.`;
    case 'mass-origination':
      return `${who} suddenly originates ${incident.prefixCount} prefixes of others.`;
    default:
      return conditionSentence(incident, who, what, of);
  }
}

function conditionSentence(incident: Subject, who: string, what: string, of: string): string {
  const by = incident.culprits.length === 0 ? '' : ` by ${who}`;
  switch (incident.type) {
    case 'rpki-invalid':
      return `${what} is originated by ${who}, which its holder's ROAs do not allow.`;
    case 'visibility-loss':
      return `${what}${of} is no longer reachable from most vantages.`;
    case 'as-outage':
      return `${list([...incident.victims, ...incident.culprits], 'An AS')} lost most of its prefixes.`;
    case 'withdrawal-storm':
      return `Far more withdrawals than usual${by}: ${what}.`;
    case 'flapping':
      return `${what}${of} comes and goes.`;
    case 'churn':
      return `${what}${of} changes far more often than it usually does.`;
    case 'long-path':
    case 'path-inflation':
      return `Paths to ${what}${of} are much longer than usual.`;
    case 'bogon-prefix':
      return `${what} is announced${by}, though it must not be routed.`;
    case 'bogon-asn':
      return `${what} is announced with an AS number on the path that must not be there${by}.`;
    case 'blackhole':
      return `${what}${of} is announced to be dropped (blackhole community)${by}.`;
    case 'session-reset':
      return `A peering session of ${list([...incident.culprits, ...incident.victims], 'a vantage')} was reset.`;
    case 'unexpected-subprefix':
      return `${what}${of} is announced${by}, a more specific that the watch list does not expect.`;
    case 'unexpected-origination':
      return `${who} originates ${what}, which the watch list does not name.`;
    case 'new-neighbor':
      return `A neighbour that the watch list does not expect is on a path to ${what}${of}${by}.`;
    case 'path-rule':
      return `A path to ${what}${of} breaks a rule of the watch list.`;
    case 'volume-anomaly':
      return 'Update volumes are not what they usually are; the models do not say why, nor who.';
    case 'roa-change':
      // The loss of a whole trust anchor is about no prefix and nobody in particular.
      return incident.prefixCount > 0
        ? `The ROAs of ${what}${of} changed.`
        : 'ROAs that the watch list needs changed.';
    default:
      return `${TYPE_NAMES[incident.type]}: ${what}${of}${by}.`;
  }
}

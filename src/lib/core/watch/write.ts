import type { AsnSet } from './asn-set.ts';
import { asnSetItems } from './asn-set.ts';
import { BGPALERTER_NAMES } from './read-bgpalerter.ts';
import type { Monitor, PathRule, WatchList, WatchPrefix, WatchRule } from './watch-list.ts';
import { MONITORS } from './watch-list.ts';

/** A plain value for a YAML or JSON writer. */
export type Plain = string | number | boolean | null | Plain[] | { [name: string]: Plain };

/** The list in the own format: what `readWatchList` reads back as the same list (but for its `format` and `at`s). */
export function writeOwn(list: WatchList): Plain {
  return compact({
    watch: 1,
    minPeers: { ...list.minPeers },
    prefixes: list.rules.map((rule) =>
      compact({
        prefixes: rule.prefixes.map(prefixItem),
        label: rule.label,
        groups: [...rule.groups],
        origins: asnSetItems(rule.origins),
        neighbors: rule.neighbors.isAny ? [] : asnSetItems(rule.neighbors),
        prependSeqs: rule.prependSeqs.map((sequence) => [...sequence]),
        noExport: rule.isNoExport || null,
        moreSpecifics: rule.moreSpecifics === 'alert' ? null : rule.moreSpecifics,
        paths: rule.pathRules.map((path) => pathItem(path, 'label')),
        monitors: monitorItems(rule.monitors),
        minPeers: { ...rule.minPeers },
        ignore: rule.isIgnored || null,
      }),
    ),
    asns: list.ases.map((as) => ({
      ...compact({
        asn: as.asn,
        label: as.label,
        groups: [...as.groups],
        monitors: monitorItems(as.monitors),
        minPeers: { ...as.minPeers },
      }),
      // An empty list of neighbours says that none is expected: it is not left out.
      ...side('upstreams', as.upstreams),
      ...side('downstreams', as.downstreams),
    })),
  });
}

export interface Exported {
  readonly value: Plain;
  /** What the other format has no words for. */
  readonly losses: readonly string[];
}

/** The list as BGPalerter's `prefixes.yml`, with what could not be said in it. */
export function writeBgpalerter(list: WatchList): Exported {
  const losses: string[] = [];
  const file: Record<string, Plain> = {};
  for (const rule of list.rules) {
    const asns = plainAsns(rule.origins);
    if (!asns) losses.push(`${rule.at}: its origins are no short list of AS numbers`);
    if (!rule.neighbors.isAny || rule.prependSeqs.length > 0 || rule.isNoExport) {
      losses.push(`${rule.at}: neighbours, prepend sequences and no-export`);
    }
    for (const prefix of asns ? rule.prefixes : []) {
      if (prefix.minBits !== prefix.key.bits) losses.push(`${rule.at}: ${prefixItem(prefix)}`);
      else if (prefix.text in file) losses.push(`${rule.at}: a second rule for ${prefix.text}`);
      else
        file[prefix.text] = bgpalerterRule(
          rule,
          asns!,
          rule.moreSpecifics !== 'alert' || prefix.maxBits > prefix.minBits,
        );
    }
  }
  const ases: Record<string, Plain> = {};
  for (const as of list.ases) {
    ases[String(as.asn)] = {
      group: as.groups.length < 2 ? (as.groups[0] ?? 'default') : [...as.groups],
      ...side('upstreams', as.upstreams),
      ...side('downstreams', as.downstreams),
    };
  }
  if (list.ases.length > 0) file['options'] = { monitorASns: ases };
  return { value: file, losses };
}

function bgpalerterRule(rule: WatchRule, asns: number[], isIgnoring: boolean): Plain {
  const excluded = MONITORS.filter((monitor) => !rule.monitors.includes(monitor)).map(
    (name) => BGPALERTER_NAMES[name],
  );
  return {
    description: rule.label === '' ? 'No description provided' : rule.label,
    asn: asns.length === 1 ? asns[0]! : asns,
    ignoreMorespecifics: isIgnoring,
    ignore: rule.isIgnored,
    ...compact({
      group: rule.groups.length === 1 ? rule.groups[0]! : [...rule.groups],
      excludeMonitors: excluded,
      path: rule.pathRules.map((path) => pathItem(path, 'matchDescription')),
    }),
  };
}

/** Single AS numbers; null when there are none, all, or a range too long to spell out. */
function plainAsns({ isAny, ranges }: AsnSet): number[] | null {
  const asns: number[] = [];
  for (let at = 0; at < ranges.length && !isAny; at += 2) {
    if (ranges[at + 1]! - ranges[at]! > 100) return null;
    for (let asn = ranges[at]!; asn <= ranges[at + 1]!; asn++) asns.push(asn);
  }
  return asns.length === 0 ? null : asns;
}

function prefixItem({ text, key, minBits, maxBits }: WatchPrefix): string {
  if (minBits === key.bits && maxBits === key.bits) return text;
  return minBits === maxBits ? `${text}^${minBits}` : `${text}^${minBits}-${maxBits}`;
}

function pathItem({ match, notMatch, minLength, maxLength, label }: PathRule, labelName: string): Plain {
  return compact({ match, notMatch, minLength, maxLength, [labelName]: label });
}

function monitorItems(monitors: readonly Monitor[]): Plain[] {
  if (monitors.length === MONITORS.length) return [];
  return monitors.length > 0 ? [...monitors] : MONITORS.map((monitor) => `-${monitor}`);
}

function side(name: string, set: AsnSet | null): { [name: string]: Plain } {
  return set === null ? {} : { [name]: asnSetItems(set) };
}

/** Without the members that say nothing. */
function compact(members: { [name: string]: Plain }): { [name: string]: Plain } {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => {
      if (value === null || value === '') return false;
      return typeof value !== 'object' || Object.keys(value).length > 0;
    }),
  );
}

import type { ElemFilter } from '#core/elem/filter.ts';
import { formatAsn } from '#core/elem/asn.ts';
import { tidyFilter } from './query.ts';

type ListMember = 'asns' | 'prefixes' | 'collectors' | 'peers' | 'tables' | 'kinds';

/** One removable value of the filter. */
export interface FilterChip {
  readonly member: ListMember;
  readonly value: string | number;
  /** `AS17557`, `208.65.152.0/22 and more specifics`. */
  readonly label: string;
  /** Whether the next chip is an alternative to this one (same member) rather than a further condition. */
  readonly orNext: boolean;
}

const MEMBERS: readonly ListMember[] = ['asns', 'prefixes', 'collectors', 'peers', 'tables', 'kinds'];

/** How prefixes match, in words: appended to a prefix. */
export function matchWords(filter: ElemFilter): string {
  const more = filter.moreSpecific !== false;
  if (filter.lessSpecific) return more ? 'with more and less specifics' : 'and what covers it';
  return more ? 'and more specifics' : 'exactly';
}

/** The filter as chips, in a fixed order. */
export function filterChips(filter: ElemFilter | null): FilterChip[] {
  if (!filter) return [];
  return MEMBERS.flatMap((member) => {
    const values: readonly (string | number)[] = filter[member] ?? [];
    return values.map((value, i) => ({
      member,
      value,
      label: chipLabel(member, value, filter),
      orNext: i < values.length - 1,
    }));
  });
}

/** `filter` without one value; null when that was the last. */
export function withoutChip(
  filter: ElemFilter,
  chip: Pick<FilterChip, 'member' | 'value'>,
): ElemFilter | null {
  const values: readonly (string | number)[] = filter[chip.member] ?? [];
  return tidyFilter({ ...filter, [chip.member]: values.filter((value) => value !== chip.value) });
}

/** `filter` narrowed by `add`: other members are further conditions, values of the same member alternatives. */
export function mergeFilters(filter: ElemFilter | null, add: ElemFilter): ElemFilter | null {
  const merged: Record<string, unknown> = { ...filter };
  for (const member of MEMBERS) {
    const values = [...new Set<string | number>([...(filter?.[member] ?? []), ...(add[member] ?? [])])];
    if (values.length) merged[member] = values;
  }
  if (add.prefixes?.length) {
    // How prefixes match is one setting for all of them: the newest wish wins.
    merged['moreSpecific'] = add.moreSpecific !== false;
    merged['lessSpecific'] = add.lessSpecific === true;
  }
  return tidyFilter(merged);
}

function chipLabel(member: ListMember, value: string | number, filter: ElemFilter): string {
  switch (member) {
    case 'asns':
      return formatAsn(Number(value));
    case 'prefixes':
      return `${value} ${matchWords(filter)}`;
    case 'peers':
      return `peer ${value}`;
    case 'collectors':
      return `collector ${value}`;
    case 'tables':
      return `${value} table`;
    case 'kinds':
      return value === 'state'
        ? 'state changes'
        : value === 'rib'
          ? 'table entries'
          : value === 'announce'
            ? 'announcements'
            : 'withdrawals';
  }
}

import { parseAsn } from '../elem/asn.ts';
import { formatPrefix, tryParsePrefix } from '../prefix/prefix.ts';
import type { AsnSet } from './asn-set.ts';
import { ANY_ASN, asnSetOf } from './asn-set.ts';
import type { MistakeLog, Place } from './mistakes.ts';
import { quoteValue } from './mistakes.ts';
import { compilePattern } from './pattern.ts';
import type { PathRule, WatchPrefix } from './watch-list.ts';
import { WATCH_LIMITS } from './watch-list.ts';

export type Members = Readonly<Record<string, unknown>>;

const MAX_ASN = 0xffff_ffff;
/** Longest prefix text with an operator: 49 characters of IPv6 and `^128-128`. */
const MAX_PREFIX_TEXT = 64;

/**
 * Reads values that somebody wrote into a file: each is checked once, a mistake noted and read as null or left out, so that the
 * rest is read too. Counts what would make a list too large.
 */
export class FieldReader {
  readonly log: MistakeLog;
  #asnItems = 0;
  #prefixes = 0;
  #listItems = 0;

  constructor(log: MistakeLog) {
    this.log = log;
  }

  /** The members of a mapping, or null. */
  members(value: unknown, place: Place): Members | null {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Members;
    this.log.add(place, `expected a mapping, found ${quoteValue(value)}`);
    return null;
  }

  /** Note members nobody knows. */
  only(members: Members, known: readonly string[], place: Place): void {
    for (const name of Object.keys(members)) {
      if (!known.includes(name)) this.log.add([...place, name], 'is not known here');
    }
  }

  /** Text of bounded length; absent is empty. Numbers and booleans are taken as they are written. */
  text(value: unknown, place: Place): string {
    if (value === undefined || value === null) return '';
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    if (typeof value === 'string' && value.length <= WATCH_LIMITS.text) return value;
    this.log.add(place, `expected a text of up to ${WATCH_LIMITS.text} characters`);
    return '';
  }

  texts(value: unknown, place: Place): string[] {
    return this.flat(value, place)
      .map((item) => this.text(item.value, item.place))
      .filter((text) => text !== '');
  }

  flag(value: unknown, place: Place, otherwise: boolean): boolean {
    if (value === undefined || value === null) return otherwise;
    if (typeof value === 'boolean') return value;
    this.log.add(place, `expected true or false, found ${quoteValue(value)}`);
    return otherwise;
  }

  /** A whole number within bounds, or null when absent. */
  whole(value: unknown, place: Place, min: number, max: number): number | null {
    if (value === undefined || value === null) return null;
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
    this.log.add(place, `expected a whole number from ${min} to ${max}, found ${quoteValue(value)}`);
    return null;
  }

  oneOf<T extends string>(value: unknown, place: Place, names: readonly T[], otherwise: T): T {
    if (value === undefined || value === null) return otherwise;
    const found = names.find((name) => name === value);
    if (found === undefined) this.log.add(place, `expected ${names.join(', ')}, found ${quoteValue(value)}`);
    return found ?? otherwise;
  }

  /** The items of a list and of the lists in it; a lone value is a list of one, nothing is none. */
  flat(value: unknown, place: Place, depth = 0): { value: unknown; place: Place }[] {
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) return [{ value, place }];
    if (depth > WATCH_LIMITS.depth) {
      this.log.add(place, 'lists nested too deep');
      return [];
    }
    const items: { value: unknown; place: Place }[] = [];
    for (const [i, item] of (value as unknown[]).entries()) {
      // Lists of aliases to lists of aliases grow without end: the whole file has one budget.
      if (++this.#listItems > WATCH_LIMITS.listItems) {
        if (this.#listItems === WATCH_LIMITS.listItems + 1) this.log.add(place, 'lists too long');
        break;
      }
      for (const inner of this.flat(item, [...place, i], depth + 1)) items.push(inner);
    }
    return items;
  }

  /** AS numbers, `first-last` ranges and `*`, in lists of any nesting. */
  asnSet(value: unknown, place: Place): AsnSet {
    const pairs: [number, number][] = [];
    let isAny = false;
    for (const item of this.flat(value, place)) {
      if (item.value === '*') isAny = true;
      else {
        const pair = this.asnRange(item.value, item.place);
        if (pair) pairs.push(pair);
      }
    }
    return isAny ? ANY_ASN : asnSetOf(pairs);
  }

  asnRange(value: unknown, place: Place): [number, number] | null {
    if (++this.#asnItems > WATCH_LIMITS.asnItems) {
      if (this.#asnItems === WATCH_LIMITS.asnItems + 1)
        this.log.add(place, `over ${WATCH_LIMITS.asnItems} AS numbers`);
      return null;
    }
    if (typeof value === 'string') {
      const range = /^(\d{1,10})\s*-\s*(\d{1,10})$/.exec(value.trim());
      if (range) {
        const [first, last] = [Number(range[1]), Number(range[2])];
        if (first <= last && last <= MAX_ASN) return [first, last];
        this.log.add(place, `${quoteValue(value)} is not a range of AS numbers`);
        return null;
      }
    }
    const asn = this.asn(value, place);
    return asn === null ? null : [asn, asn];
  }

  /** `3333`, `AS3333`; asdot only as text, since YAML reads 3.10 as 3.1. */
  asn(value: unknown, place: Place): number | null {
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_ASN) return value;
    if (typeof value === 'string') {
      try {
        return parseAsn(value.trim());
      } catch {
        // noted below
      }
    }
    this.log.add(place, `${quoteValue(value)} is not an AS number`);
    return null;
  }

  /** A prefix, host bits allowed, with an optional range operator of RFC 2622 §2 (`^-`, `^+`, `^n`, `^n-m`). */
  prefix(value: unknown, place: Place): WatchPrefix | null {
    if (++this.#prefixes > WATCH_LIMITS.prefixes) {
      if (this.#prefixes === WATCH_LIMITS.prefixes + 1)
        this.log.add(place, `over ${WATCH_LIMITS.prefixes} prefixes`);
      return null;
    }
    const text = typeof value === 'string' && value.length <= MAX_PREFIX_TEXT ? value.trim() : '';
    const match = /^([^^]+?)(?:\^(?:(-)|(\+)|(\d{1,3})(?:-(\d{1,3}))?))?$/.exec(text);
    const key = match && tryParsePrefix(match[1]!);
    if (!match || !key) {
      this.log.add(place, `${quoteValue(value)} is not a prefix`);
      return null;
    }
    const [, , isMore, isSelfAndMore, low, high] = match;
    const longest = key.isV6 ? 128 : 32;
    let [minBits, maxBits] = [key.bits, key.bits];
    if (isMore !== undefined) [minBits, maxBits] = [key.bits + 1, longest];
    else if (isSelfAndMore !== undefined) maxBits = longest;
    else if (low !== undefined) [minBits, maxBits] = [Number(low), Number(high ?? low)];
    if (minBits < key.bits || maxBits < minBits || maxBits > longest) {
      this.log.add(place, `${quoteValue(value)}: no prefixes of such lengths`);
      return null;
    }
    return { key, text: formatPrefix(key.isV6, key.bits, key.words), minBits, maxBits };
  }

  pattern(value: unknown, place: Place): string | null {
    if (value === undefined || value === null) return null;
    if (typeof value !== 'string') {
      this.log.add(place, `expected a pattern, found ${quoteValue(value)}`);
      return null;
    }
    try {
      return compilePattern(value).source;
    } catch (error) {
      this.log.add(place, error instanceof Error ? error.message.replace(/^WATCH_BAD: /, '') : 'bad pattern');
      return null;
    }
  }

  /** `match`, `notMatch`, `minLength`, `maxLength` and a description, one or a list of them. */
  pathRules(value: unknown, place: Place, labelName: string): PathRule[] {
    const items = this.flat(value, place);
    if (items.length > WATCH_LIMITS.patternsPerRule) {
      this.log.add(place, `over ${WATCH_LIMITS.patternsPerRule} path rules`);
      return [];
    }
    return items.flatMap((item) => {
      const members = this.members(item.value, item.place);
      if (!members) return [];
      const at = (name: string): Place => [...item.place, name];
      this.only(members, ['match', 'notMatch', 'minLength', 'maxLength', labelName], item.place);
      return {
        match: this.pattern(members['match'], at('match')),
        notMatch: this.pattern(members['notMatch'], at('notMatch')),
        minLength: this.whole(members['minLength'], at('minLength'), 0, 255),
        maxLength: this.whole(members['maxLength'], at('maxLength'), 0, 255),
        label: this.text(members[labelName], at(labelName)),
      };
    });
  }
}

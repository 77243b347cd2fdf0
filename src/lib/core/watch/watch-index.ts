import { maskWord } from '../prefix/prefix.ts';
import type { PrefixKey } from '../prefix/prefix.ts';
import { PrefixSet } from '../prefix/prefix-set.ts';
import { PrefixTrie } from '../prefix/trie.ts';
import { hasAsn } from './asn-set.ts';
import type { Pattern } from './pattern.ts';
import { compilePattern } from './pattern.ts';
import type { PathRule, WatchAs, WatchList, WatchPrefix, WatchRule } from './watch-list.ts';

/** The rules that speak about a prefix: those of the longest configured prefix that covers it. */
export interface WatchMatch {
  readonly rules: readonly WatchRule[];
  /** The configured prefix; of a rule with a range operator, the one of its prefixes that covers. */
  readonly configured: PrefixKey;
  /** It is longer than the configured prefix. */
  readonly isSub: boolean;
}

/** A path rule ready to run. */
export interface CompiledPathRule extends PathRule {
  readonly matchPattern: Pattern | null;
  readonly notMatchPattern: Pattern | null;
}

/** A configured prefix with its rule. */
export interface WatchEntry {
  readonly prefix: WatchPrefix;
  readonly rule: WatchRule;
}

/** A watch list made ready for questions; immutable. */
export class WatchIndex {
  readonly list: WatchList;
  readonly asByNumber: ReadonlyMap<number, WatchAs>;
  readonly #bases: PrefixSet;
  readonly #trie: PrefixTrie;
  /** By the value in the trie: the entries of one base prefix. */
  readonly #entries: WatchEntry[][] = [];
  readonly #pathRules = new Map<WatchRule, readonly CompiledPathRule[]>();

  constructor(list: WatchList) {
    this.list = list;
    const texts: string[] = [];
    this.#trie = new PrefixTrie();
    for (const rule of list.rules) {
      if (rule.pathRules.length > 0) this.#pathRules.set(rule, rule.pathRules.map(compilePathRule));
      for (const prefix of rule.prefixes) {
        texts.push(prefix.text);
        const known = this.#trie.exact(prefix.key);
        if (known === undefined) this.#trie.insert(prefix.key, this.#entries.push([{ prefix, rule }]) - 1);
        else this.#entries[known]!.push({ prefix, rule });
      }
    }
    this.#bases = new PrefixSet(texts);
    this.asByNumber = new Map(list.ases.map((as) => [as.asn, as]));
  }

  /** Whether some rule may speak about the prefix. Does not allocate. */
  mayMatch(isV6: boolean, bits: number, words: ArrayLike<number>, at: number): boolean {
    return this.#bases.covers(isV6 ? 1 : 0, bits, words, at);
  }

  /** The best match, or null when nothing that is configured covers the prefix. */
  match(key: PrefixKey): WatchMatch | null {
    let best = -1;
    let rules: WatchRule[] = [];
    for (const value of this.#trie.covering(key)) {
      for (const { prefix, rule } of this.#entries[value]!) {
        // A range stands for all its prefixes: the longest of them that covers the one in question counts.
        const bits = Math.min(prefix.maxBits, key.bits);
        if (key.bits < prefix.minBits || bits < best) continue;
        if (bits > best) rules = [];
        best = bits;
        rules.push(rule);
      }
    }
    if (best === -1) return null;
    return { rules, configured: shortened(key, best), isSub: key.bits > best };
  }

  /** The base prefixes of all rules, each once, in the order of the list. */
  *bases(): Generator<PrefixKey> {
    for (const entries of this.#entries) yield entries[0]!.prefix.key;
  }

  /** Whether some configured prefix may overlap this one, above or below. Does not allocate. */
  mayOverlap(isV6: boolean, bits: number, words: ArrayLike<number>, at: number): boolean {
    return this.mayMatch(isV6, bits, words, at) || this.#bases.isAround(isV6 ? 1 : 0, bits, words, at);
  }

  /** What is configured with prefixes longer than this one and inside it: by address, shorter before longer. */
  within(key: PrefixKey): readonly WatchEntry[] {
    const around = this.#trie.covering(key).flatMap((value) => this.#entries[value]!);
    const inside = this.#trie.covered(key).flatMap((value) => this.#entries[value]!);
    return [
      // A range of more-specifics that begins above reaches down into it.
      ...around.filter(({ prefix }) => prefix.minBits > key.bits),
      ...inside.filter(({ prefix }) => prefix.key.bits > key.bits),
    ];
  }

  pathRules(rule: WatchRule): readonly CompiledPathRule[] {
    return this.#pathRules.get(rule) ?? NO_PATH_RULES;
  }
}

const NO_PATH_RULES: readonly CompiledPathRule[] = [];

function compilePathRule(rule: PathRule): CompiledPathRule {
  return {
    ...rule,
    matchPattern: rule.match === null ? null : compilePattern(rule.match),
    notMatchPattern: rule.notMatch === null ? null : compilePattern(rule.notMatch),
  };
}

/** The covering prefix of `bits` bits. */
export function shortened(key: PrefixKey, bits: number): PrefixKey {
  if (bits === key.bits) return key;
  const [w0, w1, w2, w3] = key.words;
  return {
    isV6: key.isV6,
    bits,
    words: [
      (w0 & maskWord(bits)) >>> 0,
      (w1 & maskWord(bits - 32)) >>> 0,
      (w2 & maskWord(bits - 64)) >>> 0,
      (w3 & maskWord(bits - 96)) >>> 0,
    ],
  };
}

/** Whether a rule of the match names this AS as a right origin, and means the prefix in question. */
export function namesOrigin(match: WatchMatch, origin: number): boolean {
  return match.rules.some(
    ({ origins, moreSpecifics }) =>
      !origins.isAny && hasAsn(origins, origin) && !(match.isSub && moreSpecifics === 'ignore'),
  );
}

import { BgpError } from '../error.ts';

/**
 * Regular expressions for AS paths that cannot hang: they are compiled to a non-deterministic automaton and run in time
 * proportional to text times states (Thompson 1968), never by backtracking. Syntax: literals, `.`, classes `[0-9]`
 * `[^,]`, `\d \D \w \W \s \S`, `\b \B`, `^ $`, groups `( )` `(?: )`, `|`, `* + ? {n} {n,} {n,m}` (a `?` after them changes
 * nothing: only whether it matches is asked). Backreferences and look-around are refused: no automaton can do them.
 */

/** Characters of a pattern. */
export const MAX_PATTERN = 256;
/** States of a compiled pattern: what repetition counts may grow it to. */
const MAX_STATES = 2000;
const MAX_REPEAT = 255;

/** One state. `split` goes both ways, `assert` goes on where its condition holds, `set` takes a character. */
type State =
  | { readonly op: 'set'; readonly accepts: (code: number) => boolean; next: number }
  | { readonly op: 'split'; next: number; other: number }
  | { readonly op: 'assert'; readonly kind: '^' | '$' | 'b' | 'B'; next: number }
  | { readonly op: 'match' };

/** A compiled pattern. */
export interface Pattern {
  readonly source: string;
  readonly states: readonly State[];
  readonly start: number;
}

type Node =
  | { readonly type: 'set'; readonly accepts: (code: number) => boolean }
  | { readonly type: 'assert'; readonly kind: '^' | '$' | 'b' | 'B' }
  | { readonly type: 'all'; readonly parts: readonly Node[] }
  | { readonly type: 'any'; readonly parts: readonly Node[] }
  | { readonly type: 'repeat'; readonly part: Node; readonly min: number; readonly max: number };

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isWord = (code: number): boolean =>
  isDigit(code) || (code >= 65 && code <= 90) || code === 95 || (code >= 97 && code <= 122);
const isSpace = (code: number): boolean => code === 32 || (code >= 9 && code <= 13) || code === 0xa0;
const not =
  (accepts: (code: number) => boolean) =>
  (code: number): boolean =>
    !accepts(code);
const CLASSES: Readonly<Record<string, (code: number) => boolean>> = {
  d: isDigit,
  D: not(isDigit),
  w: isWord,
  W: not(isWord),
  s: isSpace,
  S: not(isSpace),
};

/** @throws {BgpError} WATCH_BAD */
export function compilePattern(source: string): Pattern {
  if (source.length > MAX_PATTERN) throw bad(`pattern of over ${MAX_PATTERN} characters`);
  const states: State[] = [{ op: 'match' }];
  return { source, states, start: emit(new PatternParser(source).parse(), 0, states) };
}

function bad(detail: string): BgpError {
  return new BgpError('WATCH_BAD', detail);
}

/** Add the states of `node` that go on to `next`. @returns the first of them. */
function emit(node: Node, next: number, states: State[]): number {
  if (states.length > MAX_STATES) throw bad('pattern repeats too much');
  switch (node.type) {
    case 'set':
      return states.push({ op: 'set', accepts: node.accepts, next }) - 1;
    case 'assert':
      return states.push({ op: 'assert', kind: node.kind, next }) - 1;
    case 'all':
      return node.parts.reduceRight((after, part) => emit(part, after, states), next);
    case 'any': {
      const starts = node.parts.map((part) => emit(part, next, states));
      return starts.reduceRight((other, start) => states.push({ op: 'split', next: start, other }) - 1);
    }
    case 'repeat':
      return emitRepeat(node, next, states);
  }
}

function emitRepeat(
  { part, min, max }: Extract<Node, { type: 'repeat' }>,
  next: number,
  states: State[],
): number {
  let after = next;
  if (max === Infinity) {
    const loop = states.push({ op: 'split', next, other: next }) - 1;
    (states[loop] as { next: number }).next = emit(part, loop, states);
    after = loop;
  } else {
    for (let i = min; i < max; i++) {
      const start = emit(part, after, states);
      after = states.push({ op: 'split', next: start, other: next }) - 1;
    }
  }
  for (let i = 0; i < min; i++) after = emit(part, after, states);
  return after;
}

class PatternParser {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Node {
    const node = this.#any();
    if (this.#at < this.#text.length) throw bad(`")" without "(" in pattern "${this.#text}"`);
    return node;
  }

  #any(): Node {
    if (++this.#depth > 32) throw bad('pattern nested too deep');
    const parts = [this.#all()];
    while (this.#take('|')) parts.push(this.#all());
    this.#depth--;
    return parts.length === 1 ? parts[0]! : { type: 'any', parts };
  }

  #all(): Node {
    const parts: Node[] = [];
    while (this.#at < this.#text.length && !'|)'.includes(this.#text[this.#at]!))
      parts.push(this.#repeated());
    return { type: 'all', parts };
  }

  #repeated(): Node {
    const part = this.#one();
    const rest = this.#text.slice(this.#at);
    const counts = /^\{(\d{1,4})(?:(,)(\d{1,4})?)?\}/.exec(rest);
    let min: number;
    let max: number;
    if (counts) {
      min = Number(counts[1]);
      max = counts[3] !== undefined ? Number(counts[3]) : counts[2] !== undefined ? Infinity : min;
      this.#at += counts[0].length;
    } else if (this.#take('*')) [min, max] = [0, Infinity];
    else if (this.#take('+')) [min, max] = [1, Infinity];
    else if (this.#take('?')) [min, max] = [0, 1];
    else return part;
    this.#take('?');
    if ('*+?'.includes(this.#text[this.#at] ?? ' ')) throw bad(`two quantifiers in a row in "${this.#text}"`);
    if (min > MAX_REPEAT || (max !== Infinity && (max > MAX_REPEAT || max < min)))
      throw bad('bad repetition count');
    if (part.type === 'assert') throw bad(`nothing to repeat in pattern "${this.#text}"`);
    return { type: 'repeat', part, min, max };
  }

  #one(): Node {
    const mark = this.#text[this.#at++]!;
    switch (mark) {
      case '.':
        return { type: 'set', accepts: (code) => code !== 10 };
      case '^':
      case '$':
        return { type: 'assert', kind: mark };
      case '(':
        return this.#group();
      case '[':
        return { type: 'set', accepts: this.#class() };
      case '\\':
        return this.#escape();
      case '*':
      case '+':
      case '?':
        throw bad(`nothing to repeat in pattern "${this.#text}"`);
      default:
        return literal(mark.charCodeAt(0));
    }
  }

  #group(): Node {
    if (this.#take('?') && !this.#take(':')) throw bad(`look-around in pattern "${this.#text}"`);
    const node = this.#any();
    if (!this.#take(')')) throw bad(`"(" without ")" in pattern "${this.#text}"`);
    return node;
  }

  #escape(): Node {
    const mark = this.#text[this.#at++];
    if (mark === undefined) throw bad(`pattern "${this.#text}" ends in a backslash`);
    if (mark === 'b' || mark === 'B') return { type: 'assert', kind: mark };
    const known = CLASSES[mark];
    if (known) return { type: 'set', accepts: known };
    if (/[0-9A-Za-z]/.test(mark)) throw bad(`"\\${mark}" in pattern "${this.#text}"`);
    return literal(mark.charCodeAt(0));
  }

  #class(): (code: number) => boolean {
    const isNegated = this.#take('^');
    const accepts: ((code: number) => boolean)[] = [];
    while (!this.#take(']')) {
      const first = this.#classItem();
      if (typeof first !== 'number') {
        accepts.push(first);
        continue;
      }
      let last = first;
      if (this.#text[this.#at] === '-' && this.#text[this.#at + 1] !== ']') {
        this.#at++;
        const end = this.#classItem();
        if (typeof end !== 'number' || end < first) throw bad(`bad range in pattern "${this.#text}"`);
        last = end;
      }
      accepts.push((code) => code >= first && code <= last);
    }
    const isIn = (code: number): boolean => accepts.some((accept) => accept(code));
    return isNegated ? not(isIn) : isIn;
  }

  #classItem(): number | ((code: number) => boolean) {
    let mark = this.#text[this.#at++];
    if (mark === '\\') {
      mark = this.#text[this.#at++];
      const known = mark === undefined ? undefined : CLASSES[mark];
      if (known) return known;
      if (mark !== undefined && /[0-9A-Za-z]/.test(mark)) throw bad(`"\\${mark}" in pattern "${this.#text}"`);
    }
    if (mark === undefined) throw bad(`"[" without "]" in pattern "${this.#text}"`);
    return mark.charCodeAt(0);
  }

  #take(mark: string): boolean {
    if (this.#text[this.#at] !== mark) return false;
    this.#at++;
    return true;
  }
}

function literal(wanted: number): Node {
  return { type: 'set', accepts: (code) => code === wanted };
}

/** Whether the pattern matches somewhere in `text`, as `RegExp.test` would say. */
export function matchesPattern({ states, start }: Pattern, text: string): boolean {
  let current = new Set<number>();
  for (let at = 0; at <= text.length; at++) {
    if (follow(start, at, text, states, current)) return true;
    if (at === text.length) return false;
    const code = text.charCodeAt(at);
    const next = new Set<number>();
    for (const id of current) {
      const state = states[id]!;
      if (state.op === 'set' && state.accepts(code) && follow(state.next, at + 1, text, states, next))
        return true;
    }
    current = next;
  }
  return false;
}

/** Add the character states reachable from `from` without taking a character. @returns whether the end is among them. */
function follow(
  from: number,
  at: number,
  text: string,
  states: readonly State[],
  into: Set<number>,
): boolean {
  const pending = [from];
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    if (into.has(id)) continue;
    into.add(id);
    const state = states[id]!;
    if (state.op === 'match') return true;
    if (state.op === 'split') pending.push(state.other, state.next);
    else if (state.op === 'assert' && holds(state.kind, at, text)) pending.push(state.next);
  }
  return false;
}

function holds(kind: '^' | '$' | 'b' | 'B', at: number, text: string): boolean {
  if (kind === '^') return at === 0;
  if (kind === '$') return at === text.length;
  const isBoundary =
    (at > 0 && isWord(text.charCodeAt(at - 1))) !== (at < text.length && isWord(text.charCodeAt(at)));
  return isBoundary === (kind === 'b');
}

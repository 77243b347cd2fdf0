import type { WordLists } from '../elem/batch.ts';
import { publicOriginOf } from '../origin/path-view.ts';
import { editDistance, sequenceAsns } from './path-words.ts';

/** How a path differs from the one that was known before. */
export class PathChange {
  isSame = true;
  /** Levenshtein distance between their ASNs. */
  edits = 0;
  /** ASNs more, prepends counted; negative for fewer. */
  longer = 0;
  isOtherOrigin = false;
  #from = -1;
  #to = -1;
  #path = -1;

  /** A new batch, or other words: what was compared last says nothing any more. */
  start(): void {
    this.#path = -1;
  }

  /** Compare path `i` of `paths` with `words[from .. to)`. Routes of one message are often alike: the last pair is kept. */
  compare(paths: WordLists, i: number, words: Uint32Array, from: number, to: number): void {
    if (i === this.#path && from === this.#from && to === this.#to) return;
    this.#path = i;
    this.#from = from;
    this.#to = to;
    const newFrom = paths.offsets[i]!;
    const newTo = paths.offsets[i + 1]!;
    this.isSame = isEqual(paths.words, newFrom, newTo, words, from, to);
    this.edits = this.longer = 0;
    this.isOtherOrigin = false;
    if (this.isSame) return;
    const now = sequenceAsns(paths.words, newFrom, newTo);
    const before = sequenceAsns(words, from, to);
    this.edits = editDistance(now, before);
    this.longer = now.length - before.length;
    this.isOtherOrigin = publicOriginOf(paths.words, newFrom, newTo) !== publicOriginOf(words, from, to);
  }
}

function isEqual(
  a: Uint32Array,
  aFrom: number,
  aTo: number,
  b: Uint32Array,
  bFrom: number,
  bTo: number,
): boolean {
  if (aTo - aFrom !== bTo - bFrom) return false;
  for (let i = aFrom, j = bFrom; i < aTo; i++, j++) if (a[i] !== b[j]) return false;
  return true;
}

import type { WordLists } from '../elem/batch.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';
import { decodePlanes, encodePlanes } from './columns.ts';

/** Lists of words other than paths: communities and label stacks (docs/wire.md §6.4). List 0 is empty and not written. */

/** Words in all lists of one table together. */
export const MAX_LIST_WORDS = 4_194_304;

/**
 * Lists whose words recur: a word is written 0 if it follows the word before it as it did last time, 1 if it is new, else
 * its number + 2. New words follow, in byte planes.
 */
export function encodeLists(writer: ByteWriter, lists: WordLists): void {
  const { length, offsets, words } = lists;
  writer.varint(length - 1);
  for (let i = 1; i < length; i++) writer.varint(offsets[i + 1]! - offsets[i]!);
  const numbers = new Map<number, number>();
  /** By number + 1 of the word before (0 at a list's start): number + 1 of the word that followed it last. */
  const successors = new Uint32Array(words.length + 1);
  for (let i = 1; i < length; i++) {
    let before = 0;
    for (let at = offsets[i]!; at < offsets[i + 1]!; at++) {
      let number = numbers.get(words[at]!);
      const isNew = number === undefined;
      if (number === undefined) numbers.set(words[at]!, (number = numbers.size));
      writer.varint(isNew ? 1 : successors[before] === number + 1 ? 0 : number + 2);
      successors[before] = number + 1;
      before = number + 1;
    }
  }
  writer.varint(numbers.size);
  encodePlanes(writer, Uint32Array.from(numbers.keys()));
}

/** @param step words per item: a list's length is a multiple of it. @param maxWord largest word allowed */
export function decodeLists(reader: ByteReader, max: number, step: number, maxWord = 0xffff_ffff): WordLists {
  const length = reader.count(max, 'lists') + 1;
  const offsets = new Uint32Array(length + 1);
  for (let i = 1; i < length; i++) {
    const count = reader.count(MAX_LIST_WORDS, 'words');
    if (count === 0 || count % step !== 0) throw reader.error(`list of ${count} words`);
    offsets[i + 1] = offsets[i]! + count;
    if (offsets[i + 1]! > reader.left) throw reader.error(`${offsets[i + 1]!} words`);
  }
  const words = new Uint32Array(offsets[length]!);
  const known = decodeNumbers(reader, offsets, words);
  if (reader.varint() !== known) throw reader.error('number of words');
  const values = decodePlanes(reader, known);
  for (const value of values) if (value > maxWord) throw reader.error(`word ${value}`);
  for (let at = 0; at < words.length; at++) words[at] = values[words[at]!]!;
  return { length, offsets, words };
}

/** Fills `words` with the words' numbers. @returns how many different ones there are */
function decodeNumbers(reader: ByteReader, offsets: Uint32Array, words: Uint32Array): number {
  const successors = new Uint32Array(words.length + 1);
  let known = 0;
  for (let i = 1; i + 1 < offsets.length; i++) {
    let before = 0;
    for (let at = offsets[i]!; at < offsets[i + 1]!; at++) {
      const code = reader.varint();
      const number = code === 0 ? successors[before]! - 1 : code === 1 ? known++ : code - 2;
      if (number < 0 || number >= known) throw reader.error(`word ${number} of ${known}`);
      successors[before] = number + 1;
      before = number + 1;
      words[at] = number;
    }
  }
  return known;
}

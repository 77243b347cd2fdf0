import { FieldReader } from './fields.ts';
import type { Members } from './fields.ts';
import type { Place } from './mistakes.ts';
import { MistakeLog, WatchMistakes } from './mistakes.ts';
import { readArtemis } from './read-artemis.ts';
import { readBgpalerter } from './read-bgpalerter.ts';
import { readOwn } from './read-own.ts';
import type { WatchFormat, WatchList } from './watch-list.ts';

/** Characters of a watch list's text. */
export const MAX_WATCH_TEXT = 8 * 1024 * 1024;

/** Text parsed by somebody who knows YAML; core does not. */
export interface ParsedText {
  readonly value: unknown;
  /** The line a place is on, from 1; null when not known. */
  readonly lineOf: (place: Place) => number | null;
}

/** @throws {BgpError} WATCH_BAD when the text is no YAML, with the line */
export type TextParser = (text: string) => ParsedText;

/** Which format a parsed file is in, by its shape: `watch`, or `rules`, or prefixes as keys. */
export function watchFormatOf(file: Members): WatchFormat {
  if ('watch' in file) return 'routescope';
  return 'rules' in file ? 'artemis' : 'bgpalerter';
}

/**
 * A watch list from the parsed value of a file in any of the formats.
 * @throws {WatchMistakes} WATCH_BAD, with everything that is wrong
 */
export function readWatchList(value: unknown): WatchList {
  const log = new MistakeLog();
  const fields = new FieldReader(log);
  const file = fields.members(value, []);
  log.settle();
  const read = { routescope: readOwn, artemis: readArtemis, bgpalerter: readBgpalerter }[
    watchFormatOf(file!)
  ];
  const list = read(file!, fields);
  if (list.rules.length === 0 && list.ases.length === 0) log.add([], 'nothing to watch');
  log.settle();
  return { ...list, warnings: log.warnings };
}

/**
 * A watch list from text. @throws {BgpError} WATCH_BAD, with the lines of everything that is wrong
 */
export function readWatchText(text: string, parse: TextParser): WatchList {
  if (text.length > MAX_WATCH_TEXT) {
    throw new WatchMistakes([{ place: [], problem: `over ${MAX_WATCH_TEXT} characters` }], 1);
  }
  const { value, lineOf } = parse(text);
  try {
    return readWatchList(value);
  } catch (error) {
    if (error instanceof WatchMistakes) throw new WatchMistakes(error.mistakes, error.count, lineOf);
    throw error;
  }
}

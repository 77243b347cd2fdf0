import { BgpError } from '../error.ts';

/** A path into the parsed file: member names and list positions. */
export type Place = readonly (string | number)[];

/** One thing wrong with a file. */
export interface Mistake {
  readonly place: Place;
  readonly problem: string;
}

/** Beyond so many, the rest is only counted. */
const MAX_MISTAKES = 100;
/** Characters of a value quoted in a message. */
const MAX_QUOTE = 40;

/** `rules[3].prefixes[0]`; members that are no plain names in quotes. */
export function placeText(place: Place): string {
  let text = '';
  for (const step of place) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (/^[A-Za-z_][\w-]*$/.test(step)) text += text === '' ? step : `.${step}`;
    else text += `["${step.slice(0, 64)}"]`;
  }
  return text === '' ? 'the file' : text;
}

/** The value as it may stand in a message. */
export function quoteValue(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch {
    text = undefined;
  }
  text ??= typeof value;
  return text.length > MAX_QUOTE ? `${text.slice(0, MAX_QUOTE)}…` : text;
}

/** Everything that is wrong with a watch list, so that it can be mended in one go. */
export class WatchMistakes extends BgpError {
  readonly mistakes: readonly Mistake[];
  /** All of them, those beyond the list's bound too. */
  readonly count: number;

  /** `lineOf` tells the line of the text a place is in, from 1; null when not known. */
  constructor(
    mistakes: readonly Mistake[],
    count: number,
    lineOf: (place: Place) => number | null = () => null,
  ) {
    const lines = mistakes.map(({ place, problem }) => {
      const line = lineOf(place);
      return `${line === null ? '' : `line ${line}: `}${placeText(place)}: ${problem}`;
    });
    if (count > mistakes.length) lines.push(`and ${count - mistakes.length} more`);
    super('WATCH_BAD', lines.join('\n  '));
    this.mistakes = mistakes;
    this.count = count;
  }
}

/** Collects mistakes and warnings while a file is read. */
export class MistakeLog {
  readonly mistakes: Mistake[] = [];
  readonly warnings: string[] = [];
  count = 0;

  add(place: Place, problem: string): void {
    this.count++;
    if (this.mistakes.length < MAX_MISTAKES) this.mistakes.push({ place, problem });
  }

  warn(place: Place, remark: string): void {
    if (this.warnings.length < MAX_MISTAKES) this.warnings.push(`${placeText(place)}: ${remark}`);
  }

  /** @throws {WatchMistakes} when there was any */
  settle(): void {
    if (this.count > 0) throw new WatchMistakes(this.mistakes, this.count);
  }
}

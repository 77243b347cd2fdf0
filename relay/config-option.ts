/** One setting: a flag, its environment variable (derived from the flag) and what people are told about it. */
export interface Option<T> {
  readonly flag: string;
  /** What stands for the value in the help; empty for a switch. */
  readonly metavar: string;
  readonly help: string;
  readonly initial: T;
  /** @throws {Error} with a message that completes "--flag …". */
  readonly parse: (text: string) => T;
}

/** Shorthand for a row of the table. */
export function option<T>(
  flag: string,
  metavar: string,
  help: string,
  initial: T,
  parse: (text: string) => T,
): Option<T> {
  return { flag, metavar, help, initial, parse };
}

/** Anything but nothing. */
export function text(value: string): string {
  if (value === '') throw new Error('must not be empty');
  return value;
}

/** `a, b,c`: items without blanks around them. */
export function list(value: string): readonly string[] {
  const items = value.split(',').map((item) => item.trim());
  if (items.includes('')) throw new Error('must be a comma separated list without empty items');
  return items;
}

/** A number between two, a whole one unless said otherwise. */
export function number(min: number, max: number, isInteger = true): (value: string) => number {
  return (value) => {
    const parsed = Number(value);
    const isBad = value.trim() === '' || !Number.isFinite(parsed) || (isInteger && !Number.isInteger(parsed));
    if (isBad || parsed < min || parsed > max) {
      throw new Error(
        `must be ${isInteger ? 'a whole number' : 'a number'} from ${min} to ${max}, not "${value}"`,
      );
    }
    return parsed;
  };
}

/** yes, true, 1, on; no, false, 0, off. */
export function yesNo(value: string): boolean {
  if (/^(yes|true|1|on)$/i.test(value)) return true;
  if (/^(no|false|0|off)$/i.test(value)) return false;
  throw new Error(`must be yes or no, not "${value}"`);
}

/** ws: or wss:. */
export function wsUrl(value: string): string {
  if (!/^wss?:$/.test(URL.canParse(value) ? new URL(value).protocol : '')) {
    throw new Error(`must be a ws:// or wss:// URL, not "${value}"`);
  }
  return value;
}

/** http: or https:. */
export function httpUrl(value: string): string {
  if (!/^https?:$/.test(URL.canParse(value) ? new URL(value).protocol : '')) {
    throw new Error(`must be an http:// or https:// URL, not "${value}"`);
  }
  return value;
}

/** A URL, or the path of a file. */
export function rpkiSource(value: string): string {
  if (/^https?:/i.test(value) && !URL.canParse(value))
    throw new Error(`must be a URL or a file, not "${value}"`);
  return value;
}

/** What is archived. */
export function archiveMode(value: string): 'on' | 'all' | 'off' {
  if (value === 'on' || value === 'all' || value === 'off') return value;
  throw new Error(`must be on, all or off, not "${value}"`);
}

import { stringify } from 'yaml';
import { BgpError } from '#core/error.ts';
import { placeText, WatchMistakes } from '#core/watch/mistakes.ts';
import { MAX_WATCH_TEXT, readWatchList } from '#core/watch/read.ts';
import type { WatchList } from '#core/watch/watch-list.ts';
import { writeBgpalerter, writeOwn } from '#core/watch/write.ts';
import { parseYaml } from '../../watch/yaml.ts';

/** One thing wrong with the text. */
export interface TextMistake {
  /** From 1; null when it is about the whole. */
  readonly line: number | null;
  readonly place: string;
  readonly problem: string;
}

/** What a text means as a watch list, before it is put in force. */
export type Understood =
  | { readonly ok: true; readonly list: WatchList }
  | { readonly ok: false; readonly mistakes: readonly TextMistake[]; readonly count: number };

/** Read a text in any of the three formats. Never throws: what is wrong is a value. */
export function understand(text: string): Understood {
  if (text.length > MAX_WATCH_TEXT) return refused(`longer than ${MAX_WATCH_TEXT} characters`);
  let lineOf: ReturnType<typeof parseYaml>['lineOf'] = () => null;
  try {
    const parsed = parseYaml(text);
    lineOf = parsed.lineOf;
    return { ok: true, list: readWatchList(parsed.value) };
  } catch (error) {
    if (error instanceof WatchMistakes) {
      const mistakes = error.mistakes.map(({ place, problem }) => ({
        line: lineOf(place),
        place: placeText(place),
        problem,
      }));
      return { ok: false, mistakes, count: error.count };
    }
    if (error instanceof BgpError) return notYaml(error.message);
    throw error;
  }
}

function refused(problem: string): Understood {
  return { ok: false, mistakes: [{ line: null, place: 'the file', problem }], count: 1 };
}

/** The lines of a message about text that is no YAML: `line 3: …`, one each. */
function notYaml(message: string): Understood {
  const mistakes = message.split('\n').flatMap((text): TextMistake[] => {
    const match = /line (\d+): (.*)$/.exec(text);
    return match ? [{ line: Number(match[1]), place: 'not YAML', problem: match[2]! }] : [];
  });
  return mistakes.length > 0 ? { ok: false, mistakes, count: mistakes.length } : refused(message);
}

/** The list in our own format, as text. */
export function ownText(list: WatchList): string {
  return stringify(writeOwn(list));
}

/** The list as BGPalerter's `prefixes.yml`, with what that format cannot say. */
export function bgpalerterText(list: WatchList): {
  readonly text: string;
  readonly losses: readonly string[];
} {
  const { value, losses } = writeBgpalerter(list);
  return { text: stringify(value), losses };
}

/** Something to start from: addresses and AS numbers of the documentation ranges (RFC 5737, RFC 3849, RFC 5398). */
export const EXAMPLE = `watch: 1
prefixes:
  - prefixes: [192.0.2.0/24, "2001:db8::/32"]
    label: our networks
    origins: [64500]
    neighbors: [64501, 64502]
asns:
  - asn: 64500
    upstreams: [64501, 64502]
`;

import { BgpError } from '#core/error.ts';
import { WatchMistakes, placeText } from '#core/watch/mistakes.ts';
import type { ParsedText, TextParser } from '#core/watch/read.ts';
import { readWatchText } from '#core/watch/read.ts';
import type { WatchList } from '#core/watch/watch-list.ts';
import type { WatchResult } from './api.ts';

/** A watch list's text with what came of it; `list` is null without text, or with mistakes in it. */
export interface ReadWatchList {
  readonly list: WatchList | null;
  readonly result: WatchResult;
}

const NOTHING: WatchResult = { ok: true, format: null, rules: 0, prefixes: 0, asns: 0, warnings: [] };

/** Read a watch list in any of the formats. Mistakes are part of the result, with their lines; nothing is thrown. */
export async function readWatchList(text: string | null): Promise<ReadWatchList> {
  if (text === null) return { list: null, result: NOTHING };
  // Only who has a watch list pays for the YAML parser.
  const { parseYaml } = await import('../lib/watch/yaml.ts');
  let parsed: ParsedText | null = null;
  const parse: TextParser = (all) => (parsed = parseYaml(all));
  try {
    const list = readWatchText(text, parse);
    return { list, result: resultOf(list) };
  } catch (error) {
    if (!(error instanceof BgpError)) throw error;
    return { list: null, result: mistakesOf(error, parsed) };
  }
}

function resultOf({ format, rules, ases, warnings }: WatchList): WatchResult {
  const prefixes = new Set(rules.flatMap((rule) => rule.prefixes.map(({ text }) => text))).size;
  return { ok: true, format, rules: rules.length, prefixes, asns: ases.length, warnings };
}

function mistakesOf(error: BgpError, parsed: ParsedText | null): WatchResult {
  if (error instanceof WatchMistakes) {
    const mistakes = error.mistakes.map(({ place, problem }) => ({
      line: parsed?.lineOf(place) ?? null,
      place: placeText(place),
      problem,
    }));
    return { ok: false, mistakes, count: error.count };
  }
  // No YAML: one line of text per problem.
  const problems = error.message.replace(/^\w+: not YAML: /, '').split('\n');
  const mistakes = problems.map((text) => {
    const [, line, problem] = /^\s*line (\d+): (.*)$/.exec(text) ?? [null, null, text];
    return { line: line == null ? null : Number(line), place: 'the file', problem: problem ?? text };
  });
  return { ok: false, mistakes, count: mistakes.length };
}

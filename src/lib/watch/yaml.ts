import { isAlias, isNode, LineCounter, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import { BgpError } from '#core/error.ts';
import type { Place } from '#core/watch/mistakes.ts';
import { placeText } from '#core/watch/mistakes.ts';
import type { ParsedText } from '#core/watch/read.ts';

/**
 * Resolved aliases a file may have, counted as the parser does. ARTEMIS' files refer to each prefix and AS number by an
 * alias; lists of lists of aliases that multiply without end are stopped.
 */
const MAX_ALIASES = 100_000;

/** YAML 1.2 with merge keys; JSON is YAML too. @throws {BgpError} WATCH_BAD with the lines that are no YAML */
export function parseYaml(text: string): ParsedText {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false });
  if (document.errors.length > 0) {
    const problems = document.errors
      .slice(0, 20)
      .map(({ pos, message }) => `line ${lines.linePos(pos[0]).line}: ${message}`);
    throw new BgpError('WATCH_BAD', `not YAML: ${problems.join('\n  ')}`);
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (cause) {
    throw new BgpError('WATCH_BAD', cause instanceof Error ? cause.message : placeText([]), { cause });
  }
  return { value, lineOf: (place) => lineOf(document, lines, place) };
}

/** The line of the place, or of the nearest thing around it that stands in the text. */
function lineOf(document: Document, lines: LineCounter, place: Place): number | null {
  for (let depth = place.length; depth >= 0; depth--) {
    const node = nodeAt(document, place.slice(0, depth));
    if (node !== null) return lines.linePos(node).line;
  }
  return null;
}

function nodeAt(document: Document, place: Place): number | null {
  let node: unknown = document.contents;
  for (const step of place) {
    if (isAlias(node)) node = node.resolve(document);
    node =
      typeof node === 'object' && node !== null && 'get' in node && typeof node.get === 'function'
        ? (node.get as (key: unknown, keepScalar: boolean) => unknown).call(node, step, true)
        : undefined;
  }
  return isNode(node) && node.range ? node.range[0] : null;
}

import type { ErrorCode } from '#core/error.ts';
import { BgpError } from '#core/error.ts';

const MAX_TEXT = 600;

/** What DuckDB or the browser said about a failure, as one of our codes. `isQuery`: of a user's SQL. */
export function historyError(error: unknown, isQuery = false): BgpError {
  if (error instanceof BgpError) return error;
  const text = messageOf(error);
  return new BgpError(codeOf(error, text, isQuery), text.slice(0, MAX_TEXT), { cause: error });
}

function codeOf(error: unknown, text: string, isQuery: boolean): ErrorCode {
  if (isQuotaExceeded(error)) return 'HISTORY_FULL';
  if (/out of memory|failed to allocate|memory access out of bounds|Array buffer allocation/i.test(text))
    return 'SQL_TOO_LARGE';
  if (/cancell?ed|interrupt/i.test(text)) return 'SQL_CANCELLED';
  if (/read-only mode/i.test(text)) return 'SQL_REFUSED';
  return isQuery ? 'SQL_BAD' : 'HISTORY_FAILED';
}

/** Whether the browser refused to give more room. DuckDB passes on its words, not its error. */
export function isQuotaExceeded(error: unknown): boolean {
  const { name } = (error ?? {}) as { name?: unknown };
  return name === 'QuotaExceededError' || /QuotaExceeded|quota|no space|disk full/i.test(messageOf(error));
}

/** DuckDB's own sentence, with its line and caret; without the advice on extensions that are not there. */
function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const match = /^\{.*"exception_message":/s.test(text) ? parsed(text) : text;
  return match
    .replace(/\n*Please try installing and loading[\s\S]*$/, '\nExtensions are not part of this page.')
    .replace(/\n+(Database is launched in|Launch the database|Possible solutions|Or set SET)[\s\S]*$/, '')
    .trim();
}

function parsed(text: string): string {
  try {
    const { exception_type, exception_message } = JSON.parse(text) as Record<string, unknown>;
    return `${String(exception_type)} Error: ${String(exception_message)}`;
  } catch {
    return text;
  }
}

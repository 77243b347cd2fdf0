import type { ErrorCode } from '#core/error.ts';
import { BgpError } from '#core/error.ts';

const MAX_TEXT = 600;

/** What DuckDB or the browser said about a failure, as one of our codes. `isQuery`: of a user's SQL. */
export function historyError(error: unknown, isQuery = false): BgpError {
  if (error instanceof BgpError) return error;
  const text = messageOf(error);
  return new BgpError(codeOf(error, text, isQuery), text.slice(0, MAX_TEXT), { cause: error });
}

/** DuckDB names the kind of its errors first; the names in a user's SQL come after that and say nothing. */
function codeOf(error: unknown, text: string, isQuery: boolean): ErrorCode {
  if (isQuotaExceeded(error)) return 'HISTORY_FULL';
  if (isDamaged(error)) return 'HISTORY_DAMAGED';
  if (/^(Out of Memory|OutOfMemory)/i.test(text) || OUT_OF_MEMORY.test(text)) return 'SQL_TOO_LARGE';
  if (/^(INTERRUPT|Interrupted|query was cancell?ed)/i.test(text)) return 'SQL_CANCELLED';
  if (/^Permission Error/i.test(text) || /read-only mode/i.test(text)) return 'SQL_REFUSED';
  return isQuery ? 'SQL_BAD' : 'HISTORY_FAILED';
}

/** Words of WebAssembly and of JavaScript's engine. */
const OUT_OF_MEMORY =
  /^(memory access out of bounds|Array buffer allocation failed|Invalid array length|Invalid string length|std::bad_alloc|.*failed to allocate)/i;
const TRAPPED =
  /^(unreachable|memory access out of bounds|table index is out of bounds|null function|indirect call|Maximum call stack size exceeded|Aborted\(|integer overflow|divide by zero)/i;

const nameOf = (error: unknown): string => String(((error ?? {}) as { name?: unknown }).name);

/** Whether the browser refused to give more room. DuckDB passes on its words, not always its error. */
export function isQuotaExceeded(error: unknown): boolean {
  const found = causeOf(error);
  if (nameOf(found) === 'QuotaExceededError') return true;
  // Errors of DuckDB's own, of a user's SQL too, name their kind and may hold any word.
  const text = messageOf(found);
  return !isDuckKind(text) && /QuotaExceeded|exceed(ed)? (its|the) .*quota|no space|disk full/i.test(text);
}

/** Whether the file is no database any more, or part of it is not what was written. */
export function isDamaged(error: unknown): boolean {
  return DAMAGED.test(messageOf(causeOf(error)));
}

/** Only kinds of error that never repeat a user's words: SQL must not be able to say that the file is damaged. */
const DAMAGED =
  /^(IO|Serialization|Corruption|FATAL|INTERNAL) Error: .*(not a valid DuckDB database file|corrupt|does not match stored checksum|Could not read enough bytes|Failure while replaying WAL|Failed to deserialize|field id mismatch|(newer|older) version of DuckDB)/is;

/**
 * Whether the engine cannot be trusted after this: DuckDB says so itself, its WebAssembly was stopped in the middle, or an
 * error of the browser's file system went through it, which leaves its locks and its commit half done.
 */
export function isFatal(error: unknown): boolean {
  const found = causeOf(error);
  const text = messageOf(found);
  if (nameOf(found) === 'RuntimeError' || TRAPPED.test(text)) return true;
  return (
    /^(FATAL|INTERNAL) Error/i.test(text) || isQuotaExceeded(found) || isFileSystem(found) || isDamaged(found)
  );
}

function isFileSystem(error: unknown): boolean {
  return /^(InvalidStateError|NoModificationAllowedError|NotAllowedError|NotFoundError)$/.test(nameOf(error));
}

/** What we made of an error remembers it. */
function causeOf(error: unknown): unknown {
  return error instanceof BgpError && error.cause !== undefined ? error.cause : error;
}

const isDuckKind = (text: string): boolean =>
  /^(Binder|Parser|Catalog|Conversion|Invalid Input|Constraint|Not implemented) Error:/i.test(text);

/** DuckDB's own sentence, with its line and caret; without the advice on extensions that are not there. */
function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const json = /^(?:Opening the database failed with error: )?(\{.*"exception_message":.*\})$/s.exec(
    text,
  )?.[1];
  return (json === undefined ? text : parsed(json))
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

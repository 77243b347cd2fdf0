import { expect, test } from 'vitest';
import { BgpError } from '#core/error.ts';
import { historyError, isDamaged, isFatal, isQuotaExceeded } from './failure.ts';

const duck = (exception_type: string, exception_message: string): Error =>
  new Error(JSON.stringify({ exception_type, exception_message }));

test.each<[string, unknown, string]>([
  ['the browser gives no more', new DOMException('No space available', 'QuotaExceededError'), 'HISTORY_FULL'],
  [
    'and in the words of another',
    new Error('The operation would cause the application to exceed its storage quota.'),
    'HISTORY_FULL',
  ],
  ['a column called quota', duck('Binder', 'Referenced column "quota" not found: no space'), 'SQL_BAD'],
  ['a column called cancelled', duck('Binder', 'Referenced column "cancelled" not found'), 'SQL_BAD'],
  ['a query stopped', duck('INTERRUPT', 'Interrupted!'), 'SQL_CANCELLED'],
  ['too much memory', duck('Out of Memory', 'failed to allocate data of size 1.0 GiB'), 'SQL_TOO_LARGE'],
  ['access outside', duck('Permission', 'Scanning the file x.csv is disabled'), 'SQL_REFUSED'],
  ['a write', duck('Invalid Input', 'Cannot execute in read-only mode'), 'SQL_REFUSED'],
  [
    'no database',
    new Error(
      `Opening the database failed with error: ${JSON.stringify({ exception_type: 'IO', exception_message: 'The file "opfs://x" exists, but it is not a valid DuckDB database file!' })}`,
    ),
    'HISTORY_DAMAGED',
  ],
  [
    'a broken block',
    duck('IO', 'Corrupt database file: computed checksum 1 does not match'),
    'HISTORY_DAMAGED',
  ],
  ['SQL that says so itself', duck('Invalid Input', 'IO Error: Corrupt database file'), 'SQL_BAD'],
])('%s', (_name, error, code) => {
  expect(historyError(error, true).code).toBe(code);
});

test('what ends the engine: fatal errors, traps, errors of the file system; not what a query did wrong', () => {
  const trap = Object.assign(new Error('memory access out of bounds'), { name: 'RuntimeError' });
  for (const error of [
    duck('FATAL', 'database has been invalidated'),
    duck('INTERNAL', 'Attempted to access index 3'),
    trap,
    new RangeError('Maximum call stack size exceeded'),
    new DOMException('', 'QuotaExceededError'),
    new DOMException('', 'InvalidStateError'),
    historyError(trap),
  ]) {
    expect(isFatal(error), String(error)).toBe(true);
  }
  for (const error of [
    duck('Binder', 'FATAL Error: no'),
    duck('Invalid Input', 'INTERNAL Error: unreachable'),
    duck('Out of Memory', 'could not allocate block'),
    new BgpError('SQL_CANCELLED', 'stopped'),
  ]) {
    expect(isFatal(error), String(error)).toBe(false);
  }
  expect(isQuotaExceeded(historyError(new DOMException('', 'QuotaExceededError')))).toBe(true);
  expect(isDamaged(duck('Invalid Input', 'Corrupt database file'))).toBe(false);
});

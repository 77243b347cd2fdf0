import { expect, test } from 'vitest';
import { ARCHIVE_OFF } from '../../../../relay/archive/status.ts';
import { parseArchiveStatus } from './archive-status.ts';

test('what the relay tells is read', () => {
  const gap = { fromMs: 1, toMs: 2, elems: 3, code: 'ARCHIVE_NO_SPACE' };
  const error = { code: 'ARCHIVE_NO_SPACE', detail: 'full' };
  const status = { ...ARCHIVE_OFF, state: 'failing', files: 7, gaps: [gap], error };
  expect(parseArchiveStatus(JSON.parse(JSON.stringify(status)))).toMatchObject({
    state: 'failing',
    files: 7,
    oldestUs: NaN,
    gaps: [gap],
    error,
  });
});

test.each([[undefined], [null], ['off'], [7]])('%j is no archive', (value) => {
  expect(parseArchiveStatus(value)).toBe(null);
});

test('nonsense is shown as unknown, not thrown', () => {
  expect(parseArchiveStatus({ state: 'x', files: 'many', gaps: [1, null, {}], error: 'bad' })).toMatchObject({
    state: 'unknown',
    files: NaN,
    gaps: [{ elems: NaN, code: '' }],
    error: null,
  });
});

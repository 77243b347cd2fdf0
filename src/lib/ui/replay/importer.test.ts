import { expect, test, vi } from 'vitest';
import { NO_IMPORT } from '#core/event/import-status.ts';
import type { Refusal } from '../../../workers/api-reports.ts';
import { importShare, importWords, Importer, readImport } from './importer.svelte.ts';

test.each([null, 'busy', [], {}, { state: 'exploded' }])('%j is no status', (value) =>
  expect(readImport(value)).toBeNull(),
);

test('figures that are none are 0, and a share stays within 0 and 1', () => {
  expect(readImport({ state: 'importing', event: 'x', files: -1, done: 'many', share: 7 })).toEqual({
    ...NO_IMPORT,
    state: 'importing',
    event: 'x',
    share: 1,
  });
});

test('how far it is, over all files', () => {
  const status = { ...NO_IMPORT, state: 'importing', files: 4, done: 1, share: 0.5, elems: 1200 } as const;
  expect(importShare(status)).toBe(0.375);
  expect(importShare(NO_IMPORT)).toBeNull();
  expect(importWords(status)).toContain('1 of 4 files');
});

test('an import is started, followed to its end, and a refusal kept with its event', async () => {
  vi.useFakeTimers();
  const answers: unknown[] = [
    { state: 'listing', event: 'a' },
    { state: 'importing', event: 'a', files: 2, done: 1 },
    { state: 'done', event: 'a', files: 2, done: 2 },
  ];
  const asked: string[] = [];
  const refusal: Refusal = { ok: false, code: 'HTTP_409', reason: 'a is being imported' };
  const importer = new Importer((method, body) => {
    asked.push(method);
    const isOther = JSON.stringify(body) === '{"event":"b"}';
    return Promise.resolve(isOther ? refusal : { ok: true, value: answers.shift() });
  });
  await importer.start('a');
  expect(importer.isRunning).toBe(true);
  await importer.start('b');
  expect(importer.refusal).toEqual({ ...refusal, event: 'b' });
  await vi.advanceTimersByTimeAsync(1000);
  expect(importer.status.state).toBe('importing');
  await vi.advanceTimersByTimeAsync(1000);
  expect(importer.status.state).toBe('done');
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked).toEqual(['POST', 'POST', 'GET', 'GET']);
  vi.useRealTimers();
});

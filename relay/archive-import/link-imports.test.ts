import { expect, test } from 'vitest';
import type { ImportStatus } from '#core/event/import-status.ts';
import { NO_IMPORT } from '#core/event/import-status.ts';
import { findEvent } from '../event/catalogue.ts';
import { PUBLIC_ARCHIVES } from './layout.ts';
import { LinkImports } from './link-imports.ts';

const event = (await findEvent('rogers-20220708'))!;

function link(isStarted: boolean) {
  const told = { importing: NO_IMPORT, cancelled: 0 };
  return {
    told,
    get importing(): ImportStatus {
      return told.importing;
    },
    startImport: () => Promise.resolve(isStarted),
    cancelImport(): void {
      told.cancelled++;
      setTimeout(() => (told.importing = { ...told.importing, state: 'cancelled', endedMs: Date.now() }), 20);
    },
  };
}

test('what began is known before the thread tells of it, and then what the thread tells', async () => {
  const thread = link(true);
  const imports = new LinkImports(thread, PUBLIC_ARCHIVES);
  expect(imports.status).toEqual(NO_IMPORT);
  expect(await imports.start(event)).toBe(true);
  expect(imports.status).toMatchObject({ state: 'listing', event: event.id, from: event.from });
  thread.told.importing = { ...imports.status, state: 'importing', startedMs: Date.now(), files: 9 };
  expect(imports.status).toMatchObject({ state: 'importing', files: 9 });
  await imports.cancel();
  expect([thread.told.cancelled, imports.status.state]).toEqual([1, 'cancelled']);
});

test('what did not begin is not told', async () => {
  const imports = new LinkImports(link(false), PUBLIC_ARCHIVES);
  expect(await imports.start(event)).toBe(false);
  expect(imports.status).toEqual(NO_IMPORT);
});

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, expect, test, type BrowserContext, type Page } from 'playwright/test';
import { freePort, startRelay, type TestRelay } from './relay.ts';

/** The whole recording in about half a minute, once. */
const QUICK = ['--source', 'replay', '--speed', '300', '--no-loop'];
/** The same as slowly as it was: nothing has been found in it when a test asks. */
const SLOW = ['--source', 'replay', '--speed', '1', '--no-loop'];
const PREFIX = '208.65.153.0/24';
const WATCH = `208.65.152.0/22:\n  description: ours\n  asn: 36561\n  ignoreMorespecifics: false\n`;

let relay: TestRelay;

test.afterEach(() => relay.end('SIGKILL'));

async function untilEnded(): Promise<void> {
  await expect.poll(async () => (await relay.status()).source.state, { timeout: 60_000 }).toBe('ended');
}

async function applyWatchList(page: Page): Promise<void> {
  await page.goto(`${relay.url}/watch`);
  await page.getByTestId('watch-text').fill(WATCH);
  await page.getByTestId('watch-apply').click();
  await expect(page.getByTestId('watch-rules')).toContainText('208.65.152.0/22');
}

test('incidents, an acknowledgement and a watch list outlive the page, the stream and the relay', async ({
  page,
}) => {
  const port = await freePort();
  relay = await startRelay(port, ...QUICK);
  await applyWatchList(page);
  await page.goto(`${relay.url}/incidents?state=resolved`);
  const resolved = page.getByTestId('incident').first();
  await expect(resolved).toBeVisible({ timeout: 60_000 });
  await untilEnded();
  const id = (await resolved.getAttribute('data-id'))!;
  const kept = page.locator(`[data-id="${id}"]`);
  const what = (await kept.getByRole('link').textContent())!;

  await kept.getByRole('link').click();
  await page.getByRole('button', { name: 'Acknowledge' }).click();
  await expect(page.getByTestId('marks')).toHaveAttribute('data-mark', 'ack');
  await page.reload();
  await expect(page.getByTestId('incident-report')).toBeVisible({ timeout: 60_000 });
  await expect(page.getByTestId('marks')).toHaveAttribute('data-mark', 'ack');

  // Another run, at its very beginning: whatever is known of the incident now was kept on the device.
  await relay.end('SIGKILL');
  relay = await startRelay(port, ...SLOW);
  await page.goto(`${relay.url}/incidents?earlier=1`);
  await expect(kept).toContainText('earlier');
  await expect(kept).toHaveAttribute('data-mark', 'ack');
  await expect(kept.getByRole('link')).toHaveText(what);
  await kept.getByRole('link').click();
  await expect(page.getByTestId('incident-report')).toContainText('kept from earlier');
  await expect(page.getByTestId('timeline')).toContainText('Opened');

  await page.goto(`${relay.url}/watch`);
  await expect(page.getByTestId('watch-rules')).toContainText('208.65.152.0/22');
  await expect(page.getByTestId('watch-text')).toHaveValue(WATCH);
});

/** A browser whose user lets no site keep anything: IndexedDB does not open, `localStorage` throws. */
async function withoutStorage(use: (context: BrowserContext) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'routescope-'));
  const preferences = { profile: { default_content_setting_values: { cookies: 2 } } };
  await mkdir(join(folder, 'Default'));
  await writeFile(join(folder, 'Default', 'Preferences'), JSON.stringify(preferences));
  const context = await chromium.launchPersistentContext(folder, test.info().project.use.launchOptions);
  try {
    await use(context);
  } finally {
    await context.close();
    await rm(folder, { recursive: true, force: true });
  }
}

test('where the browser keeps nothing, the page works the same until it closes, and says so', async () => {
  relay = await startRelay(await freePort(), ...QUICK);
  await withoutStorage(async (context) => {
    const page = await context.newPage();
    const failures: string[] = [];
    page.on('pageerror', (error) => failures.push(error.message));
    await page.goto(`${relay.url}/watch`);
    const opening = page.evaluate(
      () =>
        new Promise<string>((done) => {
          const request = indexedDB.open('test');
          request.onsuccess = () => done('opened');
          request.onerror = () => done(request.error!.name);
        }),
    );
    expect(await opening).toBe('UnknownError');
    await expect(page.locator('#main header').first()).toContainText(
      /It cannot be kept beyond this page: nothing is kept on this device: UnknownError: [^.]+\.\s*$/,
    );

    // In force all the same, without a reload in between.
    await page.getByTestId('watch-text').fill(WATCH);
    await page.getByTestId('watch-apply').click();
    await expect(page.getByTestId('watch-rules')).toContainText('208.65.152.0/22');
    const row = page.getByTestId('incident').filter({ hasText: PREFIX }).first();
    await expect(row).toBeVisible({ timeout: 60_000 });
    await row.getByRole('link').click();
    await page.getByRole('button', { name: 'Acknowledge' }).click();
    await expect(page.getByTestId('marks')).toHaveAttribute('data-mark', 'ack');
    await page.goBack();
    await expect(row).toHaveAttribute('data-mark', 'ack');
    expect(failures).toEqual([]);

    await page.reload();
    await expect(page.getByTestId('watch-text')).toHaveValue('');
    await expect(page.getByTestId('watch-rules')).toBeHidden();
  });
});

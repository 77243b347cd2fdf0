import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, type Page } from 'playwright/test';
import { ask, number, ready, RECORDED, recorded } from './history-page.ts';
import { freePort, startRelay, type TestRelay } from './relay.ts';

test.use({ serviceWorkers: 'allow' });

const REPLAY = ['--source', 'replay', '--speed', '60'];
let relay: TestRelay;

test.beforeEach(async () => {
  relay = await startRelay(await freePort(), ...REPLAY);
});

test.afterEach(() => relay.end('SIGKILL'));

/** Until the whole app is stored and this page belongs to its worker. */
async function untilInstalled(page: Page): Promise<void> {
  await page.waitForFunction(() => navigator.serviceWorker.controller?.state === 'activated');
}

test('the browser finds nothing that keeps the app from being installed', async ({ page }) => {
  await page.goto(relay.url);
  await untilInstalled(page);
  const devtools = await page.context().newCDPSession(page);
  const { errors, data } = await devtools.send('Page.getAppManifest');
  expect(errors).toEqual([]);
  const manifest = JSON.parse(data!) as { icons: { src: string; sizes: string; purpose: string }[] };
  expect(manifest.icons.some(({ purpose }) => purpose === 'maskable')).toBe(true);
  for (const { src, sizes } of manifest.icons) {
    const icon = await page.request.get(relay.url + src);
    expect(icon.status(), src).toBe(200);
    if (!src.endsWith('.png')) continue;
    // Width of a PNG: big-endian at byte 16.
    expect((await icon.body()).readUInt32BE(16), src).toBe(Number(sizes.split('x')[0]));
  }
  const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors');
  expect(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== 'in-incognito')).toEqual(
    [],
  );
});

test('with the relay gone every page still opens and says what is missing', async ({ page }) => {
  await page.goto(relay.url);
  await untilInstalled(page);
  await relay.end('SIGKILL');
  for (const path of [
    '/',
    '/incidents',
    '/replay',
    '/history',
    '/models',
    '/status',
    '/prefix/192.0.2.0/24',
  ]) {
    await page.goto(relay.url + path);
    await expect(page.getByRole('navigation', { name: 'Pages' }), path).toBeVisible();
    await expect(page.locator('main'), path).not.toBeEmpty();
  }
  await page.goto(relay.url);
  await expect(page.getByTestId('banner-lost')).toContainText('work without it');
});

test('with the relay gone a shipped event replays, and the history answers', async ({ page }) => {
  test.setTimeout(180_000);
  await page.goto(relay.url);
  await untilInstalled(page);
  // The engine is kept for offline use when it is first used, not before.
  await page.goto(relay.url + RECORDED);
  await ready(page);
  await expect.poll(() => recorded(page), { timeout: 60_000 }).toBeGreaterThan(1000);
  await relay.end('SIGKILL');

  await page.goto(relay.url + RECORDED);
  await ready(page);
  expect(number((await ask(page, 'SELECT count(*) FROM elems'))[0])).toBeGreaterThan(1000);

  await page.goto(`${relay.url}/replay?event=youtube-pakistan-20080224&t=2008-02-24T18:48:00Z`);
  const incident = page.getByTestId('replay-incidents').getByTestId('incident');
  await expect(incident.filter({ hasText: 'AS17557' }).first()).toBeVisible({ timeout: 60_000 });
});

test('nothing of the relay is ever answered from the store', async ({ page }) => {
  await page.goto(relay.url);
  await untilInstalled(page);
  await page.evaluate(() => fetch('/api/status'));
  await relay.end('SIGKILL');
  const answer = await page.evaluate(() =>
    fetch('/api/status').then(
      ({ status }) => status,
      () => 'none',
    ),
  );
  expect(answer).toBe('none');
});

test('a new version waits until it is asked for', async ({ page }) => {
  const folder = mkdtempSync(join(tmpdir(), 'routescope-pwa-'));
  try {
    cpSync('build', folder, { recursive: true });
    const own = await startRelay(await freePort(), ...REPLAY, '--build', folder);
    await page.goto(own.url);
    await untilInstalled(page);
    const path = join(folder, 'service-worker.js');
    for (const packed of ['.gz', '.br']) rmSync(path + packed, { force: true });
    writeFileSync(path, `${readFileSync(path, 'utf8')}\n// newer\n`);
    await page.evaluate(() => navigator.serviceWorker.getRegistration().then((found) => found?.update()));
    const prompt = page.getByTestId('update-prompt');
    await expect(prompt).toContainText('new version');
    await Promise.all([page.waitForEvent('load'), prompt.getByRole('button', { name: 'Reload' }).click()]);
    await untilInstalled(page);
    await expect(prompt).toBeHidden();
    await own.end('SIGKILL');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

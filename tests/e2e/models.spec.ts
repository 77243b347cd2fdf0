import { chromium, expect, test, type Page } from 'playwright/test';
import { complaintsOf } from './complaints.ts';
import { freePort, startRelay, type TestRelay } from './relay.ts';

/** Minutes of data in seconds; scores need an hour of past. */
const QUICK = ['--source', 'replay', '--speed', '300', '--no-loop'];
const EXPECTED = /\b503\b|Failed to load resource/;
let relay: TestRelay;

test.beforeEach(async () => {
  relay = await startRelay(await freePort(), ...QUICK);
});

test.afterEach(() => relay.end('SIGKILL'));

const verdict = (page: Page) => page.getByTestId('models-verdict');

/** Until all vantages together have a score. */
async function untilScored(page: Page): Promise<void> {
  await expect(page.locator('[data-testid=score-row][data-stream=all]')).toHaveAttribute('data-score', /\d/, {
    timeout: 75_000,
  });
}

test('scores appear on the bundled recording, and say what moved them', async ({ page }) => {
  const complaints = complaintsOf(page, EXPECTED);
  await page.goto(`${relay.url}/models`);
  await expect(verdict(page)).toHaveAttribute('data-state', 'ready', { timeout: 60_000 });
  await untilScored(page);
  expect(await page.getByTestId('score-row').count()).toBeGreaterThan(5);
  await expect(page.getByTestId('explanation').locator('tbody tr').first()).toBeVisible();

  // Another stream, by its row; the address holds the choice.
  const second = page.getByTestId('score-row').nth(1);
  // Rows move with their scores until the pointer is over them.
  await second.hover();
  const stream = await second.getAttribute('data-stream');
  const row = page.locator(`[data-testid=score-row][data-stream="${stream}"]`);
  await row.click();
  await expect(row).toHaveAttribute('aria-pressed', 'true');
  expect(new URL(page.url()).searchParams.get('stream')).toBe(stream);
  await page.reload();
  await expect(page.locator(`[data-stream="${stream}"]`)).toHaveAttribute('aria-pressed', 'true', {
    timeout: 60_000,
  });
  expect(complaints).toEqual([]);
});

test('without WebGL it runs elsewhere, and says where and why', async () => {
  const browser = await chromium.launch({
    executablePath: process.env['CHROME_PATH'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-3d-apis'],
  });
  const page = await browser.newPage();
  await page.goto(`${relay.url}/models`);
  await expect(page.getByTestId('models-backend')).toContainText(/wasm|cpu/, { timeout: 60_000 });
  await expect(page.getByText(/no WebGL|not a GPU/).first()).toBeVisible();
  await untilScored(page);
  await browser.close();
});

test('models that cannot be read cost only themselves: the detectors go on, and the page says so', async ({
  page,
}) => {
  await page.route(/\/assets\/model[.-][^/]*\.json|\/model[^/]*\.json$/, (route) => route.abort());
  await page.goto(`${relay.url}/models`);
  await expect(page.getByTestId('models-problem')).toContainText('MODEL_', { timeout: 60_000 });
  await expect(verdict(page)).toContainText('the detectors go on');
  await page.goto(`${relay.url}/incidents?q=AS17557`);
  await expect(page.getByTestId('incident').first()).toBeVisible({ timeout: 60_000 });
});

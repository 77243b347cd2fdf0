import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Page } from 'playwright/test';
import { complaintsOf } from './complaints.ts';
import { freePort, startRelay, type TestRelay } from './relay.ts';

/** The whole 2:45 h recording in about half a minute, once. */
const QUICK = ['--source', 'replay', '--speed', '300', '--no-loop'];
const PREFIX = '208.65.153.0/24';

let relay: TestRelay;
let complaints: string[];

test.beforeEach(async ({ page }) => {
  complaints = complaintsOf(page);
  relay = await startRelay(await freePort(), ...QUICK);
});

test.afterEach(() => relay.end('SIGKILL'));

const hijackIn = (page: Page) =>
  page.getByTestId('incident').filter({ hasText: PREFIX }).filter({ hasText: 'AS17557' });

async function untilEnded(): Promise<void> {
  await expect.poll(async () => (await relay.status()).source.state, { timeout: 60_000 }).toBe('ended');
}

test('the hijack of YouTube appears, opens, explains itself and closes', async ({ page }) => {
  await page.goto(`${relay.url}/incidents?q=AS17557`);
  const row = hijackIn(page).first();
  await expect(row).toBeVisible({ timeout: 60_000 });
  await row.getByRole('link').click();

  const report = page.getByTestId('incident-report');
  await expect(report).toBeVisible();
  await expect(report.getByRole('heading', { level: 1 })).toContainText(PREFIX);
  await expect(report.getByRole('heading', { level: 1 })).toContainText('AS17557');

  // The points are the confidence.
  const sum = async () => {
    const scores = await report
      .getByTestId('tag')
      .evaluateAll((tags) => tags.map((tag) => Number(tag.dataset['score'])));
    const shown = (await report.getByTestId('confidence').textContent()) ?? '';
    return scores.reduce((all, score) => all + score, 0) - Number(shown.replace('−', '-'));
  };
  await expect.poll(sum).toBe(0);
  expect(await report.getByTestId('tag').count()).toBeGreaterThan(1);

  // What is drawn is in the table too.
  const drawn = await report.getByTestId('path-graph').locator('.node text:first-of-type').allTextContents();
  expect(drawn).toContain('17557');
  await report.getByRole('button', { name: /^All \d+ routes$/ }).click();
  const table = await report.getByTestId('path-table').textContent();
  for (const asn of drawn) expect(table).toContain(asn);
  await expect(report.getByTestId('timeline')).toContainText('Opened');
  await expect(report.getByTestId('unknowns')).toContainText('What the RPKI says');

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [390, 1440]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow).toBeLessThanOrEqual(0);
    }
  }

  await untilEnded();
  await expect(report).not.toHaveAttribute('data-state', 'ongoing');
  await expect(report.getByTestId('timeline')).toContainText(/withdrawn|Last route gone/);
  expect(complaints).toEqual([]);
});

test('an incident is acknowledged by a key, which is undone, and ignored; the mark outlives a reload', async ({
  page,
}) => {
  await page.goto(`${relay.url}/incidents?q=AS17557`);
  const row = hijackIn(page).first();
  await expect(row).toBeVisible({ timeout: 60_000 });
  await untilEnded();

  const id = await row.getAttribute('data-id');
  const same = page.locator(`[data-id="${id}"]`);
  await page.keyboard.press('j');
  while (!(await same.evaluate((item) => item.classList.contains('selected'))))
    await page.keyboard.press('j');
  await page.keyboard.press('x');
  await expect(same).toHaveAttribute('data-mark', 'ack');
  await page.keyboard.press('z');
  await expect(same).not.toHaveAttribute('data-mark');

  await page.keyboard.press('Enter');
  const marks = page.getByTestId('marks');
  await marks.getByRole('button', { name: 'Ignore' }).click();
  await expect(marks).toHaveAttribute('data-mark', 'ignore');
  await page.goBack();
  await expect(same).toHaveAttribute('data-mark', 'ignore');

  await page.reload();
  await expect(same).toHaveAttribute('data-mark', 'ignore', { timeout: 60_000 });
  expect(complaints).toEqual([]);
});

test('filters are in the address; keys and the search lead to incidents and pages', async ({ page }) => {
  await page.goto(relay.url);
  await expect(page.getByTestId('connection').first()).toHaveAttribute('data-connection', 'open');
  await page.keyboard.press('g');
  await page.keyboard.press('i');
  await expect(page).toHaveURL(/\/incidents$/);
  await page.getByRole('button', { name: /resolved/ }).click();
  await expect(page).toHaveURL(/state=resolved/);
  await page.goBack();
  await expect(page).toHaveURL(/\/incidents$/);

  await page.keyboard.press('/');
  await page.keyboard.type(PREFIX);
  await page.getByTestId('omnibox-option').filter({ hasText: 'its page' }).click();
  await expect(page).toHaveURL(/\/prefix\/208\.65\.153\.0\/24$/);
  await expect(page.getByTestId('prefix-page')).toHaveAttribute('data-seen', 'true', { timeout: 60_000 });
  await expect(page.getByTestId('verdict-sentence')).toContainText('Originated by');
  await expect(page.getByTestId('verdict-sentence')).toContainText('not judged by RPKI');
  await page.getByTestId('origins').getByRole('link').first().click();
  await expect(page.getByTestId('as-page')).toHaveAttribute('data-seen', 'true');
  await expect(page.getByTestId('as-page')).toContainText(PREFIX);
  expect(complaints).toEqual([]);
});

test('a watch list is read, its mistakes named with their lines, put in force, removed and brought back', async ({
  page,
}) => {
  await page.goto(`${relay.url}/watch`);
  const file = { name: 'prefixes.yml', mimeType: 'text/yaml' };
  await page.getByTestId('watch-file').setInputFiles({
    ...file,
    buffer: Buffer.from('208.65.152.0/22:\n  description: ours\n  asn: not-a-number\n'),
  });
  await expect(page.getByTestId('watch-mistakes')).toContainText('line 3');
  await expect(page.getByTestId('watch-apply')).toBeDisabled();

  const good = `208.65.152.0/22:\n  description: ours\n  asn: 36561\n  ignoreMorespecifics: false\n`;
  await page.getByTestId('watch-text').fill(good);
  await page.getByTestId('watch-apply').click();
  const rules = page.getByTestId('watch-rules');
  await expect(rules).toContainText('208.65.152.0/22');
  await expect(rules).toContainText('AS36561');
  await expect(page.getByTestId('incident').filter({ hasText: PREFIX }).first()).toBeVisible({
    timeout: 60_000,
  });

  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByTestId('watch-export').click(),
  ]);
  const chunks: Buffer[] = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
  expect(Buffer.concat(chunks).toString()).toBe(good);

  await page.reload();
  await expect(rules).toContainText('208.65.152.0/22');
  await page.getByTestId('watch-remove').click();
  await expect(rules).toBeHidden();
  await page.locator('body').click({ position: { x: 1200, y: 700 } });
  await page.keyboard.press('z');
  await expect(rules).toContainText('208.65.152.0/22');
  expect(complaints).toEqual([]);
});

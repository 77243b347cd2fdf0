import { readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Page } from 'playwright/test';
import { DATA } from '../data.ts';
import { complaintsOf } from './complaints.ts';
import { freePort, startRelay, type TestRelay } from './relay.ts';

const PAKISTAN = '/replay?event=youtube-pakistan-20080224';
const PREFIX = '208.65.153.0/24';

let relay: TestRelay;
let complaints: string[];

test.beforeAll(async () => {
  test.setTimeout(240_000);
  relay = await startRelay(await freePort(), '--source', 'replay');
});
test.afterAll(() => relay.end('SIGKILL'));

/** Without a validator the relay has no RPKI data, and a page without its relay cannot reach it: both are said so. */
const EXPECTED = /\b503\b|ERR_CONNECTION_REFUSED|WebSocket/;

test.beforeEach(({ page }) => {
  complaints = complaintsOf(page, EXPECTED);
});

const player = (page: Page) => page.getByTestId('player');
const hash = (page: Page) => page.getByTestId('state-hash');

async function untilAnalysed(page: Page): Promise<void> {
  await expect(page.getByTestId('analysed')).toHaveAttribute('data-done', 'true', { timeout: 60_000 });
}

async function stateAt(page: Page, time: string): Promise<string> {
  const clock = page.getByTestId('clock');
  await clock.fill(time);
  await clock.press('Enter');
  const timeUs = String(Date.parse(`${time.replace(' ', 'T')}Z`) * 1000);
  await expect(hash(page)).toHaveAttribute('data-time', timeUs);
  await expect(hash(page)).toHaveAttribute('data-hash', /^[0-9a-f]{64}$/);
  return (await hash(page).getAttribute('data-hash'))!;
}

test('the Pakistan link shows AS17557 at 18:48, its paths, and never looks live', async ({ page }) => {
  await page.goto(`${relay.url}${PAKISTAN}&t=2008-02-24T18:48:00Z`);
  const incident = page
    .getByTestId('replay-incidents')
    .getByTestId('incident')
    .filter({ hasText: PREFIX })
    .filter({ hasText: 'AS17557' });
  await expect(incident.first()).toBeVisible({ timeout: 60_000 });
  await expect(page.getByTestId('replay-line')).toContainText('2008-02-24 18:48:00Z');
  await expect(page.locator('header.replay')).toBeVisible();

  await incident.first().getByRole('link').click();
  const aside = page.getByTestId('incident-aside');
  await expect(aside.getByRole('heading').first()).toContainText('AS17557');
  await expect(page).toHaveURL(/incident=/);
  await page.goBack();
  await expect(aside).toBeHidden();

  await untilAnalysed(page);
  const graph = page.getByTestId('route-graph');
  await expect(graph).toHaveAttribute('data-origins', /\b17557\b/);
  const table = page.getByTestId('route-table');
  await expect(table).toContainText('17557');
  await page.getByTestId('pick-as').selectOption('3491');
  await expect(page).toHaveURL(/asn=3491/);
  expect(complaints).toEqual([]);
});

test('back and forth the state is the same; steps, phases and Back lead where they say', async ({ page }) => {
  await page.goto(`${relay.url}${PAKISTAN}&t=2008-02-24T18:40:00Z&panels=incidents,state`);
  await untilAnalysed(page);
  const before = await stateAt(page, '2008-02-24 18:40:00');
  const during = await stateAt(page, '2008-02-24 18:48:30');
  const after = await stateAt(page, '2008-02-24 21:05:00');
  expect(new Set([before, during, after]).size).toBe(3);
  expect(await stateAt(page, '2008-02-24 18:48:30')).toBe(during);
  expect(await stateAt(page, '2008-02-24 18:40:00')).toBe(before);

  const at = async () => Number(await player(page).getAttribute('data-time'));
  const start = await at();
  await page.getByRole('button', { name: 'Next incident' }).click();
  await expect.poll(at).toBeGreaterThan(start);
  await page.getByRole('button', { name: 'Previous incident' }).click();
  await page.getByRole('heading', { level: 1 }).click();
  await page.keyboard.press('Control+ArrowRight');
  await expect.poll(async () => new Date((await at()) / 1000).toISOString().slice(11, 16)).toBe('18:47');
  const phase = await at();
  await page.keyboard.press('ArrowRight');
  await expect.poll(at).toBeGreaterThan(phase);
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await expect.poll(at).toBeLessThanOrEqual(phase);

  await page.waitForTimeout(1600);
  const here = await at();
  const jumpedFrom = page.url();
  await page.getByTestId('scrub').press('End');
  await expect(player(page)).toHaveAttribute('data-state', 'ended');
  await expect(page).not.toHaveURL(jumpedFrom);
  await page.goBack();
  await expect.poll(at).toBe(here);
  expect(complaints).toEqual([]);
});

test('it plays, at other speeds, and the address follows', async ({ page }) => {
  await page.goto(`${relay.url}${PAKISTAN}&t=2008-02-24T18:45:00Z&speed=300`);
  await expect(page.getByTestId('replay-totals')).toBeVisible({ timeout: 60_000 });
  await page.getByRole('heading', { level: 1 }).click();
  await page.keyboard.press('Space');
  await expect(player(page)).toHaveAttribute('data-state', 'playing');
  await expect(page).toHaveURL(/t=2008-02-24T18:4[6-9]|t=2008-02-24T18:5/);
  await page.keyboard.press(']');
  await expect(page.getByTestId('speed')).toHaveValue('600');
  await page.keyboard.press('Space');
  await expect(player(page)).toHaveAttribute('data-state', 'paused');
  // The address has come to rest where the picture did.
  await expect
    .poll(async () => {
      const t = new URL(page.url()).searchParams.get('t') ?? '';
      const [second = '', fraction = ''] = t.replace('Z', '').split('.');
      const timeUs = Date.parse(`${second}Z`) * 1000 + Number(fraction.padEnd(6, '0'));
      return timeUs - Number(await player(page).getAttribute('data-time'));
    })
    .toBe(0);
  expect(complaints).toEqual([]);
});

test('a copied link reopens the same view in a fresh profile', async ({ page, context, browser }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto(
    `${relay.url}${PAKISTAN}&t=2008-02-24T18:48:30Z&speed=10&panels=incidents,graph,state&graph=${PREFIX}`,
  );
  await untilAnalysed(page);
  await page.getByTestId('replay-filter').fill('AS17557');
  await page.getByTestId('replay-filter').press('Enter');
  await expect(page.getByTestId('replay-chips')).toContainText('AS17557');
  await page.getByRole('button', { name: 'Zoom in' }).click();
  await page.getByTestId('pick-as').selectOption('3491');
  await page.getByTestId('replay-incidents').getByRole('link', { name: PREFIX }).first().click();
  await expect(hash(page)).toHaveAttribute('data-hash', /^[0-9a-f]{64}$/);
  await page.getByTestId('share').click();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  expect(link.length).toBeLessThan(600);
  expect(link).toContain('rules=');

  const fresh = await browser.newContext();
  const other = await fresh.newPage();
  const otherComplaints = complaintsOf(other, EXPECTED);
  await other.goto(link);
  await untilAnalysed(other);
  await expect(other.getByTestId('incident-aside')).toBeVisible();
  await expect(other.getByTestId('route-graph')).toBeVisible();
  await expect(other.getByTestId('replay-chips')).toContainText('AS17557');
  await expect(other.getByTestId('version-note')).toBeHidden();
  for (const testId of ['clock', 'speed', 'pick-as']) {
    await expect(other.getByTestId(testId)).toHaveValue(await page.getByTestId(testId).inputValue());
  }
  const seen = (where: Page, testId: string) => where.getByTestId(testId).textContent();
  for (const testId of ['replay-incidents', 'replay-totals', 'zoom-span', 'graph-prefixes', 'route-table']) {
    expect(await seen(other, testId), testId).toBe(await seen(page, testId));
  }
  await expect(hash(other)).toHaveAttribute('data-hash', (await hash(page).getAttribute('data-hash'))!);
  await fresh.close();
  expect(otherComplaints).toEqual([]);
  expect(complaints).toEqual([]);
});

test('a link of other rules says so, one that is broken too, and an unknown event is named', async ({
  page,
}) => {
  await page.goto(`${relay.url}${PAKISTAN}&rules=999&model=none-such&speed=fast&graph=nonsense`);
  await expect(page.getByTestId('version-note')).toContainText('rules 999', { timeout: 60_000 });
  await expect(page.getByTestId('ignored')).toContainText('speed=fast');
  await page.getByRole('button', { name: 'Go on with these' }).click();
  await expect(page.getByTestId('version-note')).toBeHidden();

  await page.goto(`${relay.url}/replay?event=no-such-event`);
  await expect(page.getByTestId('replay-error')).toHaveAttribute('data-code', 'EVENT_UNKNOWN');
});

test('an evidence bundle opens without a relay, intact, with equal verdicts', async ({ page }, info) => {
  const own = await startRelay(await freePort(), '--source', 'replay');
  await page.goto(`${own.url}${PAKISTAN}`);
  await untilAnalysed(page);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByTestId('export-bundle').click(),
  ]);
  const file = info.outputPath('bundle.rsl');
  await download.saveAs(file);
  await page.getByRole('link', { name: 'Replay', exact: true }).last().click();
  await expect(page.getByTestId('event-list')).toBeVisible();
  await own.end('SIGKILL');

  const bytes = (await readFile(file)).toString('base64');
  const transfer = await page.evaluateHandle((base64) => {
    const data = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    const held = new DataTransfer();
    held.items.add(new File([data], 'evidence.rsl'));
    return held;
  }, bytes);
  await page.dispatchEvent('[data-testid=drop-zone]', 'drop', { dataTransfer: transfer });
  const bundle = page.getByTestId('bundle');
  await expect(bundle).toHaveAttribute('data-intact', 'true', { timeout: 60_000 });
  await expect(bundle).toHaveAttribute('data-verdicts', 'equal', { timeout: 60_000 });

  // One byte changed in the middle: no longer intact, or no longer readable, and said so.
  const forged = Buffer.from(bytes, 'base64');
  forged[forged.length >> 1]! ^= 0x40;
  await page.getByTestId('replay-file').setInputFiles({
    name: 'forged.rsl',
    mimeType: 'application/octet-stream',
    buffer: forged,
  });
  await expect(
    page.locator('[data-testid=bundle][data-intact=false], [data-testid=replay-error]').first(),
  ).toBeVisible({ timeout: 60_000 });
  await own.end('SIGKILL');
});

test('an MRT file opens by its button; what is no recording is refused with its code', async ({ page }) => {
  const mrt = join(DATA, 'mrt/youtube-pakistan-20080224/updates.20080224.1839.bz2');
  test.skip(!existsSync(mrt), 'no data folder');
  await page.goto(`${relay.url}/replay`);
  await page.getByTestId('replay-file').setInputFiles(mrt);
  await expect(player(page)).toBeVisible({ timeout: 60_000 });
  await expect(page).toHaveURL(/file=[0-9a-f]{16},updates/);
  await untilAnalysed(page);
  const incident = page.getByTestId('replay-incidents');
  await page.getByTestId('scrub').press('End');
  await expect(incident).toContainText(/AS\d+|Nothing was known/);

  // The link of a file waits for the file.
  const link = page.url();
  await page.goto('about:blank');
  await page.goto(link);
  await expect(page.getByTestId('waits-for-file')).toContainText('updates.20080224.1839.bz2');
  await page.getByTestId('replay-file').setInputFiles(mrt);
  await expect(player(page)).toBeVisible({ timeout: 60_000 });

  await page.getByTestId('replay-file').setInputFiles({
    name: 'holiday.jpg',
    mimeType: 'image/jpeg',
    buffer: Buffer.from('ffd8ffe000104a46494600010100', 'hex'),
  });
  await expect(page.getByTestId('replay-error')).toHaveAttribute('data-code', /^[A-Z_]+$/);
  expect(complaints).toEqual([]);
});

test('other thresholds are tried beside the defaults, and two moments compared', async ({ page }) => {
  await page.goto(`${relay.url}${PAKISTAN}&t=2008-02-24T18:50:00Z&panels=compare,rerun`);
  await untilAnalysed(page);
  await page.getByTestId('threshold-minPeerAsns').fill('40');
  await page.getByTestId('rerun').click();
  const diff = page.getByTestId('verdict-diff');
  await expect(diff).toBeVisible({ timeout: 60_000 });
  expect(Number(await diff.getAttribute('data-vanished'))).toBeGreaterThan(0);
  await expect(page).toHaveURL(/try=minPeerAsns:40/);
  await page.getByTestId('threshold-minPeerAsns').fill('zero');
  await expect(page.getByTestId('rerun')).toBeDisabled();

  await page.getByTestId('replay-filter').fill(PREFIX);
  await page.getByTestId('replay-filter').press('Enter');
  await page.getByTestId('compare-run').click();
  const table = page.getByTestId('compare-table');
  await expect(table).toContainText(PREFIX, { timeout: 60_000 });
  await expect(table).toContainText('AS17557');
  await expect(page).toHaveURL(/compare=/);
  expect(complaints).toEqual([]);
});

async function isReadable(page: Page): Promise<void> {
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
}

test('a recording is scored, the same every time, and the moment shown is marked', async ({ page }) => {
  const peaks = async (): Promise<(readonly [string | null, string | null])[]> => {
    const rows = page.getByTestId('replay-score-row');
    await expect(page.getByTestId('replay-scores')).toHaveAttribute('data-scored', '1203887700000000', {
      timeout: 60_000,
    });
    await expect(rows.first()).toBeVisible();
    return rows.evaluateAll((all) =>
      all.map((row) => [row.getAttribute('data-stream'), row.getAttribute('data-peak')] as const),
    );
  };
  await page.goto(`${relay.url}${PAKISTAN}&t=2008-02-24T20:30:00Z&panels=scores`);
  const first = await peaks();
  expect(first[0]![0]).toBe('all');
  expect(first.length).toBeGreaterThan(4);
  for (const [, peak] of first) expect(Number(peak)).toBeGreaterThan(0);
  await page.getByTestId('replay-score-row').nth(1).click();
  await expect(page.getByTestId('replay-scores')).toContainText('20:30:00Z');
  await page.reload();
  expect(await peaks()).toEqual(first);
  expect(complaints).toEqual([]);
});

test('the catalogue can be read by everybody: both themes, wide and narrow', async ({ page }) => {
  await page.goto(`${relay.url}/replay`);
  await page.getByTestId('event').first().getByRole('button').first().click();
  await expect(page.getByRole('heading', { name: 'Ground truth' })).toBeVisible();
  await isReadable(page);
});

test('a replay with all its panels too', async ({ page }) => {
  test.setTimeout(240_000);
  const panels = 'story,incidents,graph,tops,updates,compare,rerun,state';
  await page.goto(`${relay.url}${PAKISTAN}&t=2008-02-24T18:48:30Z&panels=${panels}`);
  await expect(page.getByTestId('route-graph')).toBeVisible({ timeout: 60_000 });
  await page.getByTestId('replay-incidents').getByRole('link', { name: PREFIX }).first().click();
  await expect(page.getByTestId('incident-aside').getByTestId('timeline')).toBeVisible();
  await isReadable(page);
});

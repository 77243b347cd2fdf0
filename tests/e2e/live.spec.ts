import { expect, test, type Page } from 'playwright/test';
import { elemRows } from '#core/elem/row.ts';
import { openElemFile } from '../../relay/source/file.ts';
import { complaintsOf } from './complaints.ts';
import { freePort, startRelay, type TestRelay } from './relay.ts';

const BUNDLE = 'static/replays/youtube-pakistan-20080224.rsl';
/** The whole 2:45 h recording in about 17 s. */
const QUICK = ['--source', 'replay', '--speed', '600', '--no-loop'];

let relay: TestRelay | undefined;
let complaints: string[];

test.beforeEach(({ page }) => {
  complaints = complaintsOf(page);
});

test.afterEach(async () => {
  await relay?.end('SIGKILL');
  relay = undefined;
});

const number = (page: Page, id: string) => async (): Promise<number> =>
  Number(await page.getByTestId(id).first().getAttribute('data-value'));

async function sentInAll(): Promise<number> {
  const status = await relay!.status();
  return status.source.state === 'ended' ? status.source.elems : -1;
}

async function untilEnded(): Promise<number> {
  await expect.poll(sentInAll, { timeout: 60_000 }).toBeGreaterThan(0);
  return sentInAll();
}

test('counters move and equal what was sent; a reload misses nothing', async ({ page }) => {
  relay = await startRelay(await freePort(), ...QUICK);
  await page.goto(relay.url);
  const elems = number(page, 'total-elems');
  await expect.poll(elems).toBeGreaterThan(0);
  const early = await elems();
  await expect.poll(elems).toBeGreaterThan(early);

  await page.reload();
  await expect.poll(elems).toBeGreaterThan(early);
  const sent = await untilEnded();
  await expect.poll(elems).toBe(sent);
  expect(await number(page, 'gap-count')()).toBe(0);
  await expect(page.getByTestId('banner-replay')).toBeVisible();
  expect(complaints).toEqual([]);
});

test('a filter narrows the view, is in the address, and Back undoes it', async ({ page }) => {
  let hijacked = 0;
  for await (const batch of openElemFile(BUNDLE).batches) {
    hijacked += elemRows(batch).filter((row) => row.prefix?.startsWith('208.65.153.')).length;
  }
  expect(hijacked).toBeGreaterThan(10);

  relay = await startRelay(await freePort(), ...QUICK);
  await page.goto(relay.url);
  const elems = number(page, 'total-elems');
  const sent = await untilEnded();
  await expect.poll(elems).toBe(sent);

  await page.keyboard.press('/');
  await page.keyboard.type('208.65.153.0/24');
  await expect(page.getByTestId('omnibox-option').first()).toContainText('208.65.153.0/24');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('filter-chip')).toHaveCount(1);
  await expect.poll(elems).toBe(hijacked);
  await expect(page.getByTestId('recent-row').first()).toContainText('208.65.153.');
  expect(page.url()).toContain('208.65.153.0');

  await page.reload();
  await expect.poll(elems).toBe(hijacked);
  await page.goBack();
  await expect.poll(elems).toBe(sent);
  expect(complaints).toEqual([]);
});

test('a relay that dies and comes back is reconnected to, and the gap is shown', async ({ page }) => {
  const port = await freePort();
  relay = await startRelay(port, '--source', 'replay', '--speed', '60');
  await page.goto(relay.url);
  const connection = page.getByTestId('connection').first();
  await expect(connection).toHaveAttribute('data-connection', 'open');
  await expect.poll(number(page, 'total-elems')).toBeGreaterThan(0);

  await relay.end('SIGKILL');
  await expect(page.getByTestId('banner-lost')).toBeVisible();
  relay = await startRelay(port, '--source', 'replay', '--speed', '60');
  await expect(connection).toHaveAttribute('data-connection', 'open', { timeout: 60_000 });
  await expect.poll(number(page, 'gap-count')).toBeGreaterThan(0);
  await expect(page.getByTestId('banner-lost')).toBeHidden();
  await expect.poll(number(page, 'total-elems')).toBeGreaterThan(0);
  // Refused connections are what this test is about; anything else is a complaint.
  expect(complaints.filter((text) => !/WebSocket connection|ERR_CONNECTION_REFUSED/.test(text))).toEqual([]);
});

test('a relay asked to stop says goodbye and exits cleanly', async ({ page }) => {
  relay = await startRelay(await freePort(), '--source', 'replay', '--speed', '60');
  await page.goto(relay.url);
  await expect.poll(number(page, 'total-elems')).toBeGreaterThan(0);
  expect(await relay.end('SIGTERM')).toBe(0);
});

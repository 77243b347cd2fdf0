import { readFile } from 'node:fs/promises';
import AxeBuilder from '@axe-core/playwright';
import { DuckDBInstance } from '@duckdb/node-api';
import { tableFromIPC } from 'apache-arrow';
import { expect, test } from 'playwright/test';
import { join } from 'node:path';
import { ask, ENGINE_MS, HistoryBench, number, ready, recorded, RECORDED, sqlPath } from './history-page.ts';

/** The bundled recording: 830,930 elems; how many of a kind, and what was said of YouTube's prefix, by `routescope decode`. */
const ELEMS = 830_930;
const KEY = 'replay:youtube-pakistan-20080224.rsl';
const PREFIX = '208.65.153.0/24';
const bench = new HistoryBench();

test.beforeEach(() => bench.start());
test.afterEach(() => bench.end());

test('what was recorded outlives the page, a kill of the browser, and is not recorded twice', async () => {
  test.setTimeout(240_000);
  let page = await bench.openHistory(RECORDED);
  await expect.poll(() => recorded(page), { timeout: 60_000 }).toBeGreaterThan(180_000);
  // Off: from here on what is stored stays as it is.
  await page.getByTestId('recording').uncheck();
  await page.waitForTimeout(1500);
  const before = await recorded(page);
  await page.reload();
  await ready(page);
  expect(await recorded(page)).toBe(before);

  // On again; then the browser is killed in the middle of it.
  await page.getByTestId('recording').check();
  await expect.poll(() => recorded(page), { timeout: 60_000 }).toBeGreaterThan(before + 20_000);
  const atKill = await recorded(page);
  const client = await bench.context
    .browser()
    ?.newBrowserCDPSession()
    .catch(() => null);
  if (client) await client.send('Browser.crash').catch(() => undefined);
  else await page.goto('chrome://crash').catch(() => undefined);
  await bench.context.close().catch(() => undefined);

  bench.context = await bench.openBrowser();
  page = await bench.openHistory(RECORDED);
  expect(await recorded(page)).toBeGreaterThanOrEqual(atKill);
  const [twice] = await ask(
    page,
    "SELECT count(*) FROM (SELECT time, kind, peer, prefix, path FROM elems WHERE kind = 'rib' GROUP BY ALL HAVING count(*) > 1)",
  );
  expect(number(twice)).toBe(0);
});

test('two tabs: one owns, the other asks it; when the owner closes nothing is lost', async () => {
  test.setTimeout(240_000);
  await bench.end();
  await bench.start(240);
  const first = await bench.openHistory(RECORDED);
  const second = await bench.openHistory(RECORDED);
  await expect(first.getByTestId('history')).toHaveAttribute('data-role', 'owner');
  await expect(second.getByTestId('history')).toHaveAttribute('data-role', 'guest');
  await expect.poll(() => recorded(second), { timeout: 60_000 }).toBeGreaterThan(100_000);
  await first.close({ runBeforeUnload: false });
  await expect(second.getByTestId('history')).toHaveAttribute('data-role', 'owner', { timeout: ENGINE_MS });
  await ready(second);
  // The recording to its end: every elem is there once, whichever tab wrote it.
  await expect
    .poll(async () => (await bench.relay.status()).source.state, { timeout: 200_000 })
    .toBe('ended');
  await expect.poll(() => recorded(second), { timeout: 60_000 }).toBe(ELEMS);
});

test('answers are what the recording holds; exports are read by others', async () => {
  test.setTimeout(240_000);
  const page = await bench.openHistory(`/history?q=prefix&prefix=${PREFIX}&data=${KEY}`);
  const count = page.getByTestId('row-count');
  await expect(count).toBeVisible({ timeout: 120_000 });
  await expect(count).toHaveAttribute('data-rows', '137');
  await expect(page.getByTestId('result').locator('tbody tr').first()).toContainText('AS17557');
  await expect(page.getByTestId('question-sql')).toBeHidden();
  await page.getByText('The SQL of this answer').click();
  await expect(page.getByTestId('question-sql')).toContainText('SELECT time, kind, prefix');

  const files: Record<string, string> = {};
  for (const format of ['csv', 'parquet', 'arrow']) {
    const waiting = page.waitForEvent('download');
    await page.getByTestId(`export-${format}`).click();
    files[format] = join(bench.folder, `answer.${format}`);
    await (await waiting).saveAs(files[format]);
  }
  const instance = await DuckDBInstance.create(':memory:');
  const duck = await instance.connect();
  for (const source of [`read_parquet('${files['parquet']!}')`, `read_csv('${files['csv']!}')`]) {
    const reader = await duck.runAndReadAll(
      `SELECT count(*)::INTEGER AS n, min(time)::VARCHAR AS first, count(*) FILTER (origin = 'AS17557')::INTEGER AS hijack FROM ${source}`,
    );
    const [row] = reader.getRowObjectsJS();
    expect(row).toMatchObject({ n: 137 });
    expect(row!['first'] as string).toContain('2008-02-24 18:47:57');
    expect(row!['hijack']).toBeGreaterThan(0);
  }
  const arrow = tableFromIPC(await readFile(files['arrow']!));
  expect(arrow.numRows).toBe(137);
  expect(arrow.schema.fields.map(({ name }) => name)).toContain('origin');

  // What was saved is opened again, and asked the same.
  for (const format of ['parquet', 'csv', 'arrow']) {
    await page.getByTestId('load-file').setInputFiles(files[format]!);
    const selected = page.getByTestId('data-sets').locator('button[aria-pressed=true]');
    await expect(selected).toContainText(`answer.${format}`, { timeout: 60_000 });
    const data = new URL(page.url()).searchParams.get('data')!;
    await page.goto(bench.relay.url + sqlPath('SELECT count(*), max(time) FROM elems', data));
    await ready(page);
    await expect(page.getByTestId('result').locator('tbody td').first()).toHaveText('137', {
      timeout: 60_000,
    });
    await expect(page.getByTestId('result').locator('tbody td').nth(1)).toContainText('2008-02-24 21:');
  }
});

test('wrong, forbidden, endless and huge SQL is answered politely, and the page goes on', async () => {
  test.setTimeout(240_000);
  const page = await bench.openHistory(sqlPath('SELECT 42 AS answer', 'recording'));
  await expect.poll(() => recorded(page), { timeout: 60_000 }).toBeGreaterThan(0);
  expect(await ask(page, 'SELECT nothing FROM elems')).toEqual(['SQL_BAD']);
  expect(await ask(page, 'SELECT FROM WHERE')).toEqual(['SQL_BAD']);
  expect(await ask(page, 'DROP TABLE recording_elems')).toEqual(['SQL_REFUSED']);
  expect(await ask(page, 'SELECT 1; SELECT 2')).toEqual(['SQL_REFUSED']);
  expect(await ask(page, "SELECT * FROM read_csv('https://example.com/x.csv')")).toEqual(['SQL_REFUSED']);
  expect(await ask(page, "SELECT * FROM 'x.parquet'")).toEqual(['SQL_REFUSED']);
  expect(await ask(page, 'SELECT * FROM "x.csv"')).toEqual(['SQL_REFUSED']);
  expect(await ask(page, "SELECT * FROM elems, 'https://example.com/x.csv'")).toEqual(['SQL_REFUSED']);
  expect(await ask(page, "SELECT '{}'::JSON")).toEqual(['SQL_BAD']);
  for (const huge of [
    'SELECT list(i) FROM range(2000000000) t(i)',
    "SELECT string_agg(repeat('x', 1000000), '') FROM range(5000)",
    "WITH RECURSIVE r(s) AS (SELECT 'x' UNION ALL SELECT s || s FROM r) SELECT max(length(s)) FROM r",
    'SELECT * FROM range(100000) a, range(100000) b ORDER BY random()',
    'PIVOT (SELECT i FROM range(3000) t(i)) ON i USING count(*)',
  ]) {
    expect(await ask(page, huge), huge).toEqual(['SQL_TOO_LARGE']);
  }
  // A long text is shown cut.
  const [text] = await ask(page, "SELECT repeat('x', 20000000)");
  expect(text!.length).toBeLessThan(11_000);
  expect(text).toContain('20000000 characters');

  // Endless, or 10^12 rows: until Cancel is pressed.
  for (const endless of [
    'WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r',
    'SELECT count(*) FROM range(1000000) a, range(1000000) b',
  ]) {
    await page.getByTestId('sql').fill(endless);
    await page.getByTestId('run').click();
    await page.getByTestId('stop').click();
    await expect(page.getByTestId('refusal').locator('code')).toHaveText('SQL_CANCELLED', {
      timeout: 30_000,
    });
    expect(await ask(page, 'SELECT 42')).toEqual(['42']);
  }
  // More rows than are shown: cut, and said so.
  await ask(page, 'SELECT i FROM range(1000000000) t(i)');
  await expect(page.getByTestId('row-count')).toContainText('the first');
  await expect(page.getByTestId('row-count')).toHaveAttribute('data-rows', '10000');
  expect(await page.getByTestId('result').locator('tbody tr').count()).toBeLessThan(200);
  expect(await ask(page, 'SELECT 42')).toEqual(['42']);
  expect(await recorded(page)).toBeGreaterThan(0);
});

test('files that are none are refused with a reason; nothing of them stays', async () => {
  const page = await bench.openHistory('/history?data=recording');
  const bad: [string, Buffer][] = [
    ['x.parquet', Buffer.from('PAR1 and then nothing PAR1')],
    ['x.arrow', Buffer.from([0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4, 5, 6, 7, 8])],
    ['x.csv', Buffer.from('a,b\n"never closed')],
    ['x.bin', Buffer.from([0, 1, 2, 3])],
    ['x.rsl', Buffer.concat([Buffer.from([0x89, 0x52, 0x53, 0x4c, 0x0d, 0x0a]), Buffer.alloc(40, 9)])],
  ];
  for (const [name, buffer] of bad) {
    await page.getByTestId('load-file').setInputFiles({ name, mimeType: 'application/octet-stream', buffer });
    await expect(page.getByTestId('load-refusal')).toContainText(/HISTORY_FILE_BAD|WIRE_/, {
      timeout: 30_000,
    });
  }
  await expect(page.getByTestId('data-sets').locator('li')).toHaveCount(1);
});

test('wiping asks first, and then nothing is there, after a reload neither', async () => {
  test.setTimeout(180_000);
  const page = await bench.openHistory(RECORDED);
  await expect.poll(() => recorded(page), { timeout: 60_000 }).toBeGreaterThan(1000);
  await page.getByTestId('recording').uncheck();
  await page.getByTestId('wipe').click();
  await page.getByRole('button', { name: 'Keep', exact: true }).click();
  expect(await recorded(page)).toBeGreaterThan(1000);
  await page.getByTestId('wipe').click();
  await page.getByTestId('wipe-yes').click();
  await expect(page.getByTestId('history-empty')).toBeVisible({ timeout: ENGINE_MS });
  await page.reload();
  await ready(page);
  await expect(page.getByTestId('history-empty')).toBeVisible();
});

test('on other pages nothing of the engine is loaded until this browser records', async () => {
  const page = await bench.context.newPage();
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.goto(bench.relay.url);
  await expect(page.getByTestId('connection').first()).toHaveAttribute('data-connection', 'open');
  await page.waitForTimeout(12_000);
  expect(asked.filter((url) => /duckdb|parquet|history[.-]\w*worker/.test(url))).toEqual([]);
});

test('what is recorded on another page is there when the history is opened', async () => {
  test.setTimeout(180_000);
  const first = await bench.openHistory('/history?data=recording');
  await first.close();
  const page = await bench.context.newPage();
  await page.goto(bench.relay.url);
  await page.waitForRequest((request) => request.url().includes('duckdb-eh'), { timeout: 60_000 });
  await page.waitForTimeout(5000);
  await page.goto(bench.relay.url + sqlPath('SELECT 1', 'recording'));
  await ready(page);
  expect(await recorded(page)).toBeGreaterThan(1000);
});

/** A smaller recording, with IPv6 and incidents. */
const SMALL = 'replay:telegram-rcom-20260616.rsl';

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [1440, 390]) {
    test(`axe clean and fits, ${colorScheme}, ${width} px`, async () => {
      test.setTimeout(240_000);
      const page = await bench.context.newPage();
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      for (const question of [
        'updates',
        'prefixes',
        'path-length',
        'hours',
        'calendar',
        'correlation',
        'sql',
      ]) {
        const sql = question === 'sql' ? '#SELECT%201' : '';
        await page.goto(`${bench.relay.url}/history?q=${question}&data=${SMALL}${sql}`);
        await expect(page.getByTestId('result')).toBeVisible({ timeout: 120_000 });
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(violations.map(({ id, nodes }) => `${question} ${id}: ${nodes[0]?.html}`)).toEqual([]);
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        expect(overflow, question).toBeLessThanOrEqual(0);
      }
    });
  }
}

import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright/test';
import { expect, test } from 'playwright/test';
import { ask, ENGINE_MS, HistoryBench, number, ready, RECORDED, recorded, written } from './history-page.ts';

/** The browser gives no room, no files, damaged files, no engine; the page's process is killed. */
const bench = new HistoryBench();

test.beforeEach(() => bench.start());
test.afterEach(() => bench.end());

const liveElems = (page: Page) => async (): Promise<number> =>
  Number(await page.getByTestId('total-elems').first().getAttribute('data-value'));

/** Put a few words before the body of a worker's script. */
async function beforeWorker(pattern: RegExp, words: string): Promise<void> {
  await bench.context.route(pattern, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${words};\n${await response.text()}` });
  });
}

const HISTORY_WORKER = /history\.worker[^/]*\.js/;
const problem = (page: Page) => page.getByTestId('storage-problem');

test('the quota is used up: told, the oldest goes first, recording goes on, the live view is as ever', async () => {
  test.setTimeout(240_000);
  const live = await bench.context.newPage();
  await live.goto(bench.relay.url);
  const page = await bench.openHistory(RECORDED);
  await expect.poll(() => written(page), { timeout: 60_000 }).toBeGreaterThan(200_000);
  const [before] = await ask(page, 'SELECT epoch_ms(min(recorded)) FROM elems');

  const { origin } = new URL(bench.relay.url);
  const devtools = await bench.context.newCDPSession(page);
  const { usage } = await devtools.send('Storage.getUsageAndQuota', { origin });
  await devtools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: usage + 3e6 });
  await expect(problem(page)).toContainText('HISTORY_FULL', { timeout: 60_000 });
  const seen = await liveElems(live)();
  await expect(page.getByTestId('removals')).toContainText('no more room', { timeout: 60_000 });
  const after = await written(page);
  await expect.poll(() => written(page), { timeout: 90_000 }).toBeGreaterThan(after + 30_000);
  expect(await liveElems(live)()).toBeGreaterThan(seen);

  // The oldest went, the newest is there, and every elem once.
  const [oldest] = await ask(page, 'SELECT epoch_ms(min(recorded)) FROM elems');
  expect(number(oldest)).toBeGreaterThan(number(before));
  const [late] = await ask(
    page,
    "SELECT count(*) FROM elems WHERE recorded > now()::TIMESTAMP - INTERVAL '30 seconds'",
  );
  expect(number(late)).toBeGreaterThan(0);
  // Counts per minute outlive the updates.
  const [updates] = await ask(page, "SELECT count(*) FROM elems WHERE kind <> 'rib'");
  const [minutes] = await ask(page, 'SELECT sum(announcements + withdrawals + state_changes) FROM minutes');
  expect(number(minutes)).toBeGreaterThanOrEqual(number(updates));
  await expect(page.getByTestId('not-recorded')).toBeHidden();

  // With room again the browser is asked for more, and what went is still told after a reload.
  await devtools.send('Storage.overrideQuotaForOrigin', { origin });
  await page.reload();
  await ready(page);
  await expect(page.getByTestId('removals')).toContainText('no more room');
  expect(await recorded(page)).toBeGreaterThan(0);
});

test('without a private file system the history is in memory, and says so', async () => {
  await beforeWorker(
    HISTORY_WORKER,
    "navigator.storage.getDirectory = () => Promise.reject(new DOMException('no', 'SecurityError'))",
  );
  const page = await bench.openHistory(RECORDED);
  await expect(problem(page)).toContainText('HISTORY_NO_FILES');
  await expect(problem(page)).toContainText('gone when this page closes');
  await expect.poll(() => recorded(page), { timeout: 60_000 }).toBeGreaterThan(1000);
});

test('files that something else holds are left alone; the history is in memory, and says so', async () => {
  test.setTimeout(120_000);
  const other = await bench.context.newPage();
  await other.goto(`${bench.relay.url}/status`);
  // A worker of nobody's that opens the database and does not let go.
  await other.evaluate(() => {
    const body = `navigator.storage.getDirectory().then((root) => root.getFileHandle('routescope-history.db', { create: true })).then((file) => file.createSyncAccessHandle()).then((handle) => { self.kept = handle; postMessage('held'); })`;
    const policy = globalThis as unknown as { held: Worker };
    policy.held = new Worker(URL.createObjectURL(new Blob([body], { type: 'text/javascript' })));
    return new Promise((resolve, reject) => {
      policy.held.onmessage = resolve;
      policy.held.onerror = () => reject(new Error('not held'));
    });
  });
  const page = await bench.openHistory(RECORDED);
  await expect(problem(page)).toContainText('HISTORY_HELD');
  await expect.poll(() => recorded(page), { timeout: 60_000 }).toBeGreaterThan(1000);
});

test('a database that is none is put aside whole, and another begun', async () => {
  test.setTimeout(120_000);
  const bytes = 70_000;
  const other = await bench.context.newPage();
  await other.goto(`${bench.relay.url}/status`);
  await other.evaluate(async (length) => {
    const root = await navigator.storage.getDirectory();
    const file = await (await root.getFileHandle('routescope-history.db', { create: true })).createWritable();
    await file.write(Uint8Array.from({ length }, (_, i) => (i * 31) & 255));
    await file.close();
  }, bytes);
  let page = await bench.openHistory(RECORDED);
  await expect(problem(page)).toContainText('HISTORY_DAMAGED');
  await expect.poll(() => recorded(page), { timeout: 60_000 }).toBeGreaterThan(1000);

  // It can be had as it was, also later.
  await page.reload();
  await ready(page);
  await expect(problem(page)).toBeHidden();
  expect(await recorded(page)).toBeGreaterThan(1000);
  const waiting = page.waitForEvent('download');
  await page.getByTestId('set-aside').getByRole('button', { name: 'Save it' }).click();
  const saved = `${bench.folder}/damaged.db`;
  await (await waiting).saveAs(saved);
  const kept = await readFile(saved);
  expect(kept).toHaveLength(bytes);
  expect(kept.every((byte, i) => byte === ((i * 31) & 255))).toBe(true);
  await page.getByTestId('set-aside').getByRole('button', { name: 'Delete it' }).click();
  await expect(page.getByTestId('set-aside')).toBeHidden();
  await page.close();
  page = await bench.openHistory(RECORDED);
  await expect(page.getByTestId('set-aside')).toBeHidden();
});

test('a database that was cut short is put aside, too', async () => {
  test.setTimeout(180_000);
  let page = await bench.openHistory(RECORDED);
  await expect.poll(() => written(page), { timeout: 60_000 }).toBeGreaterThan(100_000);
  await page.goto('about:blank');
  await page.goto(`${bench.relay.url}/status`);
  const cut = await page.evaluate(async () => {
    const root = await navigator.storage.getDirectory();
    const handle = await root.getFileHandle('routescope-history.db');
    const { size } = await handle.getFile();
    const length = Math.floor(size / 3);
    for (let attempt = 0; ; attempt++) {
      try {
        const file = await handle.createWritable({ keepExistingData: true });
        await file.truncate(length);
        await file.close();
        return length;
      } catch (error) {
        // Its worker has not ended yet.
        if (attempt > 100) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  });
  await page.close();
  page = await bench.openHistory(RECORDED);
  await expect(problem(page)).toContainText('HISTORY_DAMAGED');
  await expect(page.getByTestId('set-aside')).toBeVisible();
  expect(cut).toBeGreaterThan(0);
  await expect.poll(() => recorded(page), { timeout: 60_000 }).toBeGreaterThan(1000);
});

test('a tab that is killed keeps what was written; the next one begins where it was', async () => {
  test.setTimeout(120_000);
  let page = await bench.openHistory(RECORDED);
  await expect.poll(() => recorded(page), { timeout: 60_000 }).toBeGreaterThan(100_000);
  const atKill = await recorded(page);
  const devtools = await bench.context.newCDPSession(page);
  const crashed = page.waitForEvent('crash');
  void devtools.send('Page.crash').catch(() => undefined);
  await crashed;
  page = await bench.openHistory(RECORDED);
  await expect(page.getByTestId('history')).toHaveAttribute('data-role', 'owner', { timeout: ENGINE_MS });
  expect(await recorded(page)).toBeGreaterThanOrEqual(atKill);
  const [twice] = await ask(
    page,
    "SELECT count(*) FROM (SELECT time, kind, peer, prefix, path FROM elems WHERE kind = 'rib' GROUP BY ALL HAVING count(*) > 1)",
  );
  expect(number(twice)).toBe(0);
});

test('an engine that cannot be had is told, and can be tried again', async () => {
  test.setTimeout(120_000);
  await bench.context.route(/duckdb-eh.*\.wasm/, (route) => route.abort());
  const page = await bench.context.newPage();
  await page.goto(`${bench.relay.url}/history`);
  await expect(page.getByTestId('engine-problem')).toContainText('HISTORY_ENGINE', { timeout: 30_000 });
  await bench.context.unroute(/duckdb-eh.*\.wasm/);
  await page.getByRole('button', { name: 'Try again' }).click();
  await ready(page);
});

test('while the engine comes, what is told never passes the whole', async () => {
  const page = await bench.context.newPage();
  await page.addInitScript(() => {
    const told: string[] = [];
    (globalThis as unknown as { told: string[] }).told = told;
    setInterval(() => {
      const text = document.querySelector('[data-testid=engine-loaded]')?.textContent?.trim();
      if (text && text !== told.at(-1)) told.push(text);
    }, 5);
  });
  await page.goto(`${bench.relay.url}/history`);
  await ready(page);
  const told = await page.evaluate(() => (globalThis as unknown as { told: string[] }).told);
  for (const text of told.filter((one) => one.includes(' of '))) {
    const [bytes, of] = text.split(' of ').map((part) => Number.parseFloat(part));
    expect(bytes, text).toBeLessThanOrEqual(of!);
    expect(of, text).toBe(36);
  }
});

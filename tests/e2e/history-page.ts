import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright/test';
import { chromium, expect, test } from 'playwright/test';
import { freePort, startRelay, type TestRelay } from './relay.ts';

/** What the tests of the history page share: a relay that plays the bundled recording, a browser that can be ended and come again. */
export class HistoryBench {
  relay!: TestRelay;
  context!: BrowserContext;
  folder!: string;

  /** @param speed of the recording, times real time: its 2:45 h in 165 s at 60 */
  async start(speed = 60): Promise<void> {
    this.folder = await mkdtemp(join(tmpdir(), 'routescope-'));
    this.relay = await startRelay(
      await freePort(),
      ...['--source', 'replay', '--speed', String(speed), '--no-loop'],
    );
    this.context = await this.openBrowser();
  }

  async end(): Promise<void> {
    await this.context.close().catch(() => undefined);
    await this.relay.end('SIGKILL');
    await rm(this.folder, { recursive: true, force: true });
  }

  /** With a profile of its own on disk. */
  async openBrowser(): Promise<BrowserContext> {
    const { launchOptions, viewport } = test.info().project.use;
    return chromium.launchPersistentContext(join(this.folder, 'profile'), {
      ...launchOptions,
      viewport: viewport ?? null,
      acceptDownloads: true,
    });
  }

  async openHistory(path = '/history'): Promise<Page> {
    const page = await this.context.newPage();
    await page.goto(this.relay.url + path);
    await ready(page);
    return page;
  }
}

export const ENGINE_MS = 60_000;

export async function ready(page: Page): Promise<void> {
  await expect(page.getByTestId('history')).toHaveAttribute('data-engine', 'ready', { timeout: ENGINE_MS });
}

export const sqlPath = (sql: string, data: string): string =>
  `/history?q=sql&data=${encodeURIComponent(data)}#${encodeURIComponent(sql)}`;

/** The SQL box over what was recorded. */
export const RECORDED = sqlPath('SELECT 1', 'recording');

let asked = 0;

/** Put SQL to the page as a user does. @returns the cells of the first row, or the refusal's code */
export async function ask(page: Page, sql: string): Promise<string[]> {
  // A comment, so that the same question is another address.
  await page.getByTestId('sql').fill(`${sql} -- ${asked++}`);
  await page.getByTestId('run').click();
  const answer = page.getByTestId('row-count').or(page.getByTestId('refusal'));
  await expect(page.getByTestId('run')).toBeVisible({ timeout: 60_000 });
  await expect(answer).toBeVisible({ timeout: 60_000 });
  if (await page.getByTestId('refusal').isVisible()) {
    return [(await page.getByTestId('refusal').locator('code').textContent())!];
  }
  return page.getByTestId('result').locator('tbody tr').first().locator('td').allTextContents();
}

/** A number as the page writes it. */
export const number = (text: string | undefined): number => Number((text ?? '').replace(/\s/g, ''));

/** Elems in the history. */
export async function recorded(page: Page): Promise<number> {
  const [count] = await ask(page, 'SELECT count(*) FROM elems');
  return number(count);
}

/** Elems written since the page opened, as the page counts them. */
export async function written(page: Page): Promise<number> {
  return Number(await page.getByTestId('recorded').getAttribute('data-elems'));
}

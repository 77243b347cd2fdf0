import type { Page } from 'playwright/test';

/** What the test's own surroundings bring about: most tests keep the service worker out. */
const OURS = /registration blocked by Playwright/;

/** Errors and warnings a page writes to its console or throws, from now on. @param expected more that is as it should be */
export function complaintsOf(page: Page, expected?: RegExp): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    const text = message.text();
    if (message.type() !== 'error' && message.type() !== 'warning') return;
    if (!OURS.test(text) && !expected?.test(text)) complaints.push(text);
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return complaints;
}

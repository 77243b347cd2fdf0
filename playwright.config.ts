import { defineConfig } from 'playwright/test';

/** Browser tests against a real relay on loopback; `npm test` sets CHROME_PATH. */
export default defineConfig({
  testDir: 'tests/e2e',
  timeout: 90_000,
  // Waiting for a condition, not measuring: generous, because machines are busy.
  expect: { timeout: 20_000 },
  workers: 1,
  fullyParallel: false,
  outputDir: 'test-results',
  use: {
    launchOptions: {
      executablePath: process.env['CHROME_PATH'] ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
    viewport: { width: 1440, height: 900 },
    trace: 'off',
    // Only its own tests want it: elsewhere a page must come from the relay under test, not from a store.
    serviceWorkers: 'block',
  },
});

// A Chromium for the browser tests: CHROME_PATH, the system's, Playwright's own, Debian's package, in that order.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { root, run } from './setup.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

const works = (path) => spawnSync(path, ['--version'], { timeout: 20_000 }).status === 0;

function systemBrowser() {
  const onPath = (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((dir) => NAMES.map((name) => join(dir, name)));
  return [...onPath, ...PLACES].find((path) => existsSync(path) && works(path));
}

async function playwrightBrowser() {
  const { chromium } = await import('playwright');
  const path = () => chromium.executablePath();
  if (existsSync(path())) return path();
  process.stderr.write('No Chromium found; asking Playwright for its own…\n');
  const cli = join(root, 'node_modules/playwright/cli.js');
  run(process.execPath, [cli, 'install', 'chromium'], { timeout: 180_000 });
  return existsSync(path()) ? path() : undefined;
}

function debianBrowser() {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return undefined;
  process.stderr.write("Installing Debian's chromium…\n");
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  run('apt-get', ['update', '-qq'], { env });
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], { env });
  return systemBrowser();
}

/** Path of a working Chromium or Chrome. Ends the process with advice when none can be had. */
export async function ensureBrowser() {
  const named = process.env.CHROME_PATH;
  if (named) {
    if (existsSync(named) && works(named)) return named;
    process.stderr.write(`CHROME_PATH is set to ${named}, which does not start.\n`);
    process.exit(1);
  }
  const found = systemBrowser() ?? (await playwrightBrowser()) ?? debianBrowser();
  if (found) return found;
  process.stderr.write(
    'The browser tests need Chromium or Chrome, and none was found or could be installed.\n' +
      'Install one (Debian: apt-get install chromium) or set CHROME_PATH to its executable.\n',
  );
  process.exit(1);
}

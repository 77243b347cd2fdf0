// Draws the app's icons (static/icons) from static/favicon.svg: `node scripts/icons.mjs`, after a change of the drawing.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright';
import { ensureBrowser } from './browser.mjs';
import { root } from './setup.mjs';

const drawing = readFileSync(join(root, 'static/favicon.svg'), 'utf8');
// A maskable icon is cut to any shape: the ground fills the square, the drawing keeps to the middle 80 %.
const maskable = drawing
  .replace('rx="7"', '')
  .replace('<g ', '<g transform="translate(16 16) scale(.8) translate(-16 -16)"><g ')
  .replace('</svg>', '</g></svg>');
const icons = [
  ['icon-192', drawing, 192],
  ['icon-512', drawing, 512],
  ['maskable-512', maskable, 512],
  ['apple-touch-180', maskable, 180],
];

const browser = await chromium.launch({ executablePath: await ensureBrowser(), args: ['--no-sandbox'] });
const page = await browser.newPage();
for (const [name, svg, size] of icons) {
  await page.setViewportSize({ width: size, height: size });
  await page.setContent(`<style>body{margin:0}svg{display:block;width:100vw;height:100vh}</style>${svg}`);
  writeFileSync(join(root, `static/icons/${name}.png`), await page.screenshot({ omitBackground: true }));
}
await browser.close();

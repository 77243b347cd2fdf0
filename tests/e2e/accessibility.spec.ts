import AxeBuilder from '@axe-core/playwright';
import { expect, test } from 'playwright/test';
import { freePort, startRelay, type TestRelay } from './relay.ts';

/** Every page but the one of an incident, which incidents.spec.ts looks at. */
const PATHS = ['/', '/status', '/incidents', '/watch', '/models', '/prefix/208.65.153.0/24', '/as/AS17557'];
let relay: TestRelay;

test.beforeAll(async () => {
  relay = await startRelay(await freePort(), '--source', 'replay', '--speed', '60');
});

test.afterAll(() => relay.end('SIGKILL'));

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [1440, 390]) {
    for (const path of PATHS) {
      test(`${path} is axe clean and fits, ${colorScheme}, ${width} px`, async ({ browser }) => {
        const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
        const page = await context.newPage();
        await page.goto(relay.url + path);
        await expect(page.getByTestId('connection').first()).toHaveAttribute('data-connection', 'open');
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        expect(overflow).toBeLessThanOrEqual(0);
        await context.close();
      });
    }
  }
}

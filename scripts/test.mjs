// `npm test`: everything that needs no data beside the clone. Ends with `N passed, N failed`.
//   --conformance   only the runs over ROUTESCOPE_DATA (default ../shared/data)
//   --no-browser    leave the browser tests out
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBrowser } from './browser.mjs';
import { ensureBuilt, ensureInstalled, requireNode, root, run } from './setup.mjs';

const args = process.argv.slice(2);
const conformance = args.includes('--conformance');
const withBrowser = !conformance && !args.includes('--no-browser');

requireNode();
ensureInstalled();

const reports = mkdtempSync(join(tmpdir(), 'routescope-test-'));
const tally = { passed: 0, failed: 0, skipped: 0 };
const bin = (path) => join(root, 'node_modules', path);

/** Run one of the checks that either passes or not. */
function check(name, script, scriptArgs) {
  process.stderr.write(`\n— ${name}\n`);
  const ok = run(process.execPath, [bin(script), ...scriptArgs]) === 0;
  tally[ok ? 'passed' : 'failed']++;
  if (!ok) process.stderr.write(`${name}: FAILED\n`);
}

function readReport(name) {
  try {
    return JSON.parse(readFileSync(join(reports, name), 'utf8'));
  } catch {
    return null;
  }
}

function vitest(project) {
  process.stderr.write(`\n— Vitest: ${project}\n`);
  const out = join(reports, `${project}.json`);
  const code = run(process.execPath, [
    ...[bin('vitest/vitest.mjs'), 'run', '--project', project],
    ...['--reporter=default', '--reporter=json', `--outputFile.json=${out}`],
  ]);
  const report = readReport(`${project}.json`);
  tally.passed += report?.numPassedTests ?? 0;
  tally.failed += report?.numFailedTests ?? 0;
  tally.skipped += (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0);
  // A run that broke outside a test (a file that does not load, an unhandled error) is a failure too.
  if (code !== 0 && !report?.numFailedTests) tally.failed++;
}

async function browserTests() {
  process.stderr.write('\n— Browser tests\n');
  const out = join(reports, 'e2e.json');
  const env = { ...process.env, CHROME_PATH: await ensureBrowser(), PLAYWRIGHT_JSON_OUTPUT_NAME: out };
  ensureBuilt();
  const code = run(process.execPath, [bin('playwright/cli.js'), 'test', '--reporter=list,json'], { env });
  const stats = readReport('e2e.json')?.stats;
  tally.passed += (stats?.expected ?? 0) + (stats?.flaky ?? 0);
  tally.failed += stats?.unexpected ?? 0;
  tally.skipped += stats?.skipped ?? 0;
  if (code !== 0 && !stats?.unexpected) tally.failed++;
}

if (conformance) {
  vitest('conformance');
} else {
  run(process.execPath, [bin('@sveltejs/kit/svelte-kit.js'), 'sync']);
  check('core compiles without DOM and Node', 'typescript/bin/tsc', ['-p', 'src/lib/core/tsconfig.json']);
  check('svelte-check', 'svelte-check/bin/svelte-check', [
    '--tsconfig',
    './tsconfig.json',
    '--fail-on-warnings',
  ]);
  check('import rules', 'dependency-cruiser/bin/dependency-cruise.mjs', [
    ...['--config', '.dependency-cruiser.cjs', '--output-type', 'err', 'src', 'relay', 'models'],
  ]);
  check('ESLint', 'eslint/bin/eslint.js', ['.']);
  check('Prettier', 'prettier/bin/prettier.cjs', ['--check', '--log-level', 'warn', '.']);
  vitest('unit');
  if (withBrowser) await browserTests();
}

rmSync(reports, { recursive: true, force: true });
const skipped = tally.skipped > 0 ? `, ${tally.skipped} skipped` : '';
console.log(`${tally.passed} passed, ${tally.failed} failed${skipped}`);
process.exit(tally.failed === 0 && tally.passed > 0 ? 0 : 1);

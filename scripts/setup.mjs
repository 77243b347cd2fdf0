// What `npm start` and `npm test` need before anything is installed: plain Node, no packages.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { precompress } from './precompress.mjs';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const say = (text) => process.stderr.write(`${text}\n`);

/** Run a command in the project's folder with its output shown. @returns its exit code. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], ...options });
  if (result.error) say(`cannot run ${command}: ${result.error.message}`);
  return result.status ?? 1;
}

/** End with a message when `code` is not 0. */
export function must(code, what) {
  if (code === 0) return;
  say(`${what} failed (exit ${code}); the lines above say why.`);
  process.exit(1);
}

export function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  say(`Routescope needs Node 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

function* filesUnder(path) {
  const full = join(root, path);
  if (!existsSync(full)) return;
  for (const entry of readdirSync(full, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) yield join(entry.parentPath ?? entry.path, entry.name);
  }
}

function hashFiles(paths) {
  const hash = createHash('sha256').update(process.versions.node.split('.')[0]);
  for (const path of [...paths].sort()) hash.update(path.slice(root.length)).update(readFileSync(path));
  return hash.digest('hex');
}

/** Do `work` unless `stampFile` already carries the hash of `inputs`. */
function onceFor(inputs, stampFile, what, work) {
  const want = hashFiles(inputs);
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === want) return;
  say(what);
  work();
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, want);
}

/** Install packages when node_modules is missing or older than the lock file. */
export function ensureInstalled() {
  onceFor(
    [join(root, 'package.json'), join(root, 'package-lock.json')],
    join(root, 'node_modules', '.routescope-installed'),
    'Installing packages (npm ci)…',
    () => must(run('npm', ['ci', '--include=dev', '--no-fund', '--no-audit']), 'npm ci'),
  );
}

/** Build the page into build/. */
export function buildPage() {
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  must(run(process.execPath, [vite, 'build', '--logLevel', 'warn']), 'The build');
  precompress([...filesUnder('build')]);
}

/** Build the page when its sources changed since the last build. */
export function ensureBuilt() {
  const single = [
    'package-lock.json',
    'svelte.config.js',
    'vite.config.ts',
    'src/app.html',
    'src/app.d.ts',
    'src/service-worker.ts',
  ];
  const inputs = [
    ...single.map((name) => join(root, name)).filter(existsSync),
    ...['src/routes', 'src/lib', 'src/workers', 'models', 'static'].flatMap((path) => [...filesUnder(path)]),
  ].filter((path) => !path.endsWith('.test.ts'));
  onceFor(inputs, join(root, 'build', '.routescope-built'), 'Building the page…', buildPage);
}

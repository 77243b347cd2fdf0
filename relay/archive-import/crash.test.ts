import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Duck } from '../archive/duck.ts';
import { NODE_FS } from '../archive/fs.ts';
import { loadIndex } from '../archive/index-store.ts';
import { verifyArchive } from '../archive/verify.ts';
import { folderFiles, startMirror } from './mirror.fixture.ts';

const ROOT = new URL('../../', import.meta.url).pathname;
const DATA = process.env['ROUTESCOPE_DATA'] ?? new URL('../../../shared/data', import.meta.url).pathname;
const FOLDER = join(DATA, 'mrt/youtube-pakistan-20080224');
const NAMES = ['1824', '1839', '1854', '1909'].map((time) => `updates.20080224.${time}.bz2`);
const UPDATES = '/bgpdata/2008.02/UPDATES/';

/** Run the command; kill it -9 as soon as `isTime` says so. @returns its exit code, null when it was killed. */
async function run(argv: readonly string[], isTime: () => Promise<boolean>): Promise<number | null> {
  const child = spawn(process.execPath, [join(ROOT, 'bin/routescope.mjs'), 'archive', 'import', ...argv], {
    stdio: 'ignore',
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const look = setInterval(() => void isTime().then((is) => is && child.kill('SIGKILL')), 10);
  const code = await ended;
  clearInterval(look);
  return code;
}

test.skipIf(!existsSync(FOLDER))(
  'killed -9 while it fetches, between files and inside one, every elem is there once in the end (needs ROUTESCOPE_DATA)',
  async () => {
    const mirror = await startMirror(folderFiles(FOLDER, UPDATES, (name) => NAMES.includes(name)));
    const data = mkdtempSync(join(tmpdir(), 'import-crash-'));
    const archive = join(data, 'archive');
    const imported = async (): Promise<number> => (await loadIndex(NODE_FS, archive)).imports.length;
    const window = [
      '--from',
      '2008-02-24T18:30Z',
      '--to',
      '2008-02-24T19:20Z',
      '--collector',
      'route-views2',
    ];
    const argv = [...window, '--data', data, '--routeviews-url', mirror.url, '--no-compact'];
    try {
      mirror.fault(UPDATES + NAMES[0]!, { kind: 'stall', bytes: 100_000 });
      const isFetching = (): Promise<boolean> =>
        Promise.resolve(existsSync(join(data, 'import', `route-views2-${NAMES[0]!}.part.tag`)));
      expect(await run(argv, isFetching)).toBeNull();
      for (const wanted of [1, 3]) {
        expect(await run(argv, async () => (await imported()) >= wanted)).toBeNull();
        expect(await imported()).toBeGreaterThanOrEqual(wanted);
      }
      expect(await run(argv, () => Promise.resolve(false))).toBe(0);
      const duck = await Duck.open();
      const proof = await verifyArchive(archive, duck);
      duck.close();
      const counts = NAMES.map((name) => {
        const printed = execFileSync('bgpdump', ['-m', join(FOLDER, name)], {
          maxBuffer: 1 << 28,
          stdio: ['ignore', 'pipe', 'ignore'],
        });
        return printed.toString().split('\n').length - 1;
      });
      expect(proof.problems).toEqual([]);
      expect(proof.rows).toBe(counts.reduce((sum, count) => sum + count, 0));
    } finally {
      await mirror.close();
      rmSync(data, { recursive: true, force: true });
    }
  },
  180_000,
);

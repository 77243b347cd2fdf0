import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { FEATURE_NAMES } from '#core/feature/features.ts';

const bin = fileURLToPath(new URL('../../bin/routescope.mjs', import.meta.url));
const data = resolve(process.env.ROUTESCOPE_DATA ?? '../shared/data');
const replay = fileURLToPath(new URL('../../static/replays/youtube-pakistan-20080224.rsl', import.meta.url));
const day = `${data}/mrt/youtube-pakistan-20080224`;

function run(...args: string[]): { code: number | null; out: string; err: string } {
  const result = spawnSync(process.execPath, [bin, ...args], {
    cwd: tmpdir(),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  return { code: result.status, out: result.stdout, err: result.stderr };
}

/** Rows as objects of text. */
function rows(csv: string): Record<string, string>[] {
  const [header, ...lines] = csv.trimEnd().split('\n');
  const names = header!.split(',');
  return lines.map((line) => {
    const fields = line.split(',');
    return Object.fromEntries(names.map((name, i): [string, string] => [name, fields[i]!]));
  });
}

describe('routescope features', () => {
  test('writes a CSV row per minute, every column named, what is not known empty', () => {
    const { code, out, err } = run('features', replay);
    expect(code).toBe(0);
    expect(out.split('\n')[0]).toBe(
      ['timestamp', 'timestamp2', 'width_s', 'stream', 'mask', ...FEATURE_NAMES].join(','),
    );
    const all = rows(out);
    expect(all.length).toBeGreaterThan(10);
    for (const row of all) {
      expect(row['stream']).toBe('all');
      expect(Date.parse(`${row['timestamp']!.replace(' ', 'T')}Z`) / 1000).toBe(Number(row['timestamp2']));
      expect(row['announcements'] === '').toBe(row['mask'] !== '');
    }
    expect(all.map((row) => Number(row['timestamp2']))).toEqual(
      all.map((_, i) => Number(all[0]!['timestamp2']) + i * 60),
    );
    expect([all[0]!['mask'], all.at(-1)!['mask']]).toEqual(['partial', 'partial']);
    expect(err).toContain(`${all.length} windows`);
  });

  test('as JSON lines says the same numbers', () => {
    const csv = rows(run('features', replay, '--window', '300', '--by', 'vantage').out);
    const { out } = run('features', replay, '--window', '300', '--by', 'vantage', '--json');
    const json = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, string | number | null>);
    const asText = json.map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([name, value]) => [name, value === null ? '' : String(value)]),
      ),
    );
    expect(asText).toEqual(csv);
    expect(new Set(csv.map((row) => row['stream'])).size).toBeGreaterThan(20);
  });

  test('--from and --to leave out windows, not what they are computed from', () => {
    const whole = rows(run('features', replay).out);
    const part = rows(
      run('features', replay, '--from', '2008-02-24T18:50Z', '--to', '2008-02-24T18:55Z').out,
    );
    expect(part).toEqual(
      whole.filter(({ timestamp }) => timestamp! >= '2008-02-24 18:50' && timestamp! < '2008-02-24 18:55'),
    );
    expect(part).toHaveLength(5);
  });

  test.skipIf(!existsSync(day))(
    'takes files of several collectors by time (needs ROUTESCOPE_DATA)',
    { timeout: 60_000 },
    () => {
      const file = `${day}/updates.20080224.1824.bz2`;
      const one = rows(run('features', file).out);
      // The recording begins later and is of another collector: in its minutes both are counted.
      const two = rows(run('features', replay).out);
      const both = rows(run('features', file, replay).out);
      const announced = (table: Record<string, string>[], time: string): number =>
        Number(table.find(({ timestamp }) => timestamp === time)?.['announcements']);
      expect(announced(both, '2008-02-24 18:25:00')).toBe(announced(one, '2008-02-24 18:25:00'));
      const last = '2008-02-24 18:38:00';
      expect(announced(two, last)).toBeGreaterThan(0);
      expect(announced(both, last)).toBe(announced(one, last) + announced(two, last));
    },
  );

  test('refuses what it does not know, and says what it could not read', () => {
    expect(run('features').code).toBe(2);
    expect(run('features', replay, '--window', '90').err).toContain('60 or 300');
    expect(run('features', replay, '--by', 'prefix').err).toContain('vantage');
    const missing = run('features', 'nothing-here.mrt');
    expect(missing.code).toBe(1);
    expect(missing.err).toContain('FILE_UNREADABLE');
    expect(run('features', '--help').out).toContain('docs/features.md');
  });
});

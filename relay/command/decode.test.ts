import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { parseTimeUs } from './time.ts';

const bin = fileURLToPath(new URL('../../bin/routescope.mjs', import.meta.url));
const data = resolve(process.env.ROUTESCOPE_DATA ?? '../shared/data');
const replay = fileURLToPath(new URL('../../static/replays/youtube-pakistan-20080224.rsl', import.meta.url));

function run(...args: string[]): { code: number | null; out: string; err: string } {
  // From another folder: the command must not depend on where it is called.
  const result = spawnSync(process.execPath, [bin, ...args], {
    cwd: tmpdir(),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  return { code: result.status, out: result.stdout, err: result.stderr };
}

test.each([
  ['1203878877', 1203878877_000000],
  ['1203878877.25', 1203878877_250000],
  ['2008-02-24T18:47:57Z', 1203878877_000000],
  ['2008-02-24 18:47:57', 1203878877_000000],
  ['2008-02-24T19:47:57+01:00', 1203878877_000000],
  ['2008-02-24T18:47Z', 1203878820_000000],
  ['2008-02-24', 1203811200_000000],
  ['24.2.2008', null],
  ['2008-13-01', null],
  ['yesterday', null],
  ['', null],
])('the time %s', (text, want) => {
  expect(parseTimeUs(text)).toBe(want);
});

describe('routescope decode', () => {
  test('finds the hijack in the bundled replay', () => {
    const { code, out, err } = run(
      'decode',
      replay,
      '--prefix',
      '208.65.153.0/24',
      '--asn',
      '17557',
      '--to',
      '2008-02-24T18:48Z',
    );
    expect([code, err]).toEqual([0, '']);
    expect(out.split('\n')[0]).toMatch(
      /^BGP4MP\|1203878877\|A\|[\d.]+\|\d+\|208\.65\.153\.0\/24\|[\d ]+ 3491 17557\|IGP\|/,
    );
    expect(
      out
        .trim()
        .split('\n')
        .every((line) => line.includes(' 17557|')),
    ).toBe(true);
  });

  test('writes elem JSONL', () => {
    const { code, out } = run(
      'decode',
      replay,
      '--format',
      'jsonl',
      '--asn',
      '17557',
      '--prefix',
      '208.65.153.0/24',
    );
    expect(code).toBe(0);
    expect(JSON.parse(out.split('\n')[0]!)).toMatchObject({
      ts: 1203878877,
      type: 'A',
      collector: 'route-views2',
    });
  });

  test('stops quietly when the reader has enough', () => {
    const out = execFileSync('sh', [
      '-c',
      `"${process.execPath}" "${bin}" decode "${replay}" | head -n 2; exit 0`,
    ]);
    expect(out.toString().trim().split('\n')).toHaveLength(2);
  });

  test.each([
    ['no file', ['decode']],
    ['an unknown option', ['decode', '--foo', 'x']],
    ['an unknown format', ['decode', '--format', 'xml', 'x']],
    ['a bad ASN', ['decode', '--asn', 'x', 'x']],
    ['a bad prefix', ['decode', '--prefix', '10/8', 'x']],
    ['a bad time', ['decode', '--from', 'now', 'x']],
    ['an unknown command', ['frobnicate']],
    ['an unknown event', ['event', 'build', '--id', 'x']],
  ])('wrong usage (%s) exits 2 and leaves standard output empty', (_name, args) => {
    const { code, out, err } = run(...args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^routescope/);
  });

  test('a file that cannot be read exits 1, after the ones that can', () => {
    const { code, out, err } = run('decode', '/does/not/exist', replay, '--prefix', '208.65.153.0/25');
    expect(code).toBe(1);
    expect(err).toContain('/does/not/exist: FILE_UNREADABLE');
    expect(out).toContain('208.65.153.0/25');
  });

  test('help and version go to standard output', () => {
    expect(run('help').out).toContain('routescope decode');
    expect(run('help', 'decode').out).toContain('--format');
    expect(run('--version').out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('routescope event', () => {
  test('lists the catalogue, one event a line, and which recordings are bundled', () => {
    const { code, out } = run('event', 'list', '--json');
    expect(code).toBe(0);
    const events = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: string; replay: { elems: number } | null });
    expect(events.length).toBe(55);
    expect(events.filter(({ replay }) => replay).length).toBe(34);
    expect(events.find(({ id }) => id === 'youtube-pakistan-20080224')?.replay?.elems).toBeGreaterThan(
      800_000,
    );
  });
});

describe.skipIf(!existsSync(data))('real files (needs ROUTESCOPE_DATA)', () => {
  test('the lines are those of bgpdump -m', () => {
    const file = join(data, 'mrt/bgpdump/updates.20100722.2015.gz');
    const want = gunzipSync(readFileSync(`${file}.expect.gz`)).toString();
    const { code, out, err } = run('decode', file);
    expect([code, err]).toEqual([0, '']);
    // Not toBe: nobody wants to see 5,654 lines twice.
    expect(out === want).toBe(true);
  });
});

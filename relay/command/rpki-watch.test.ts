import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';

const ROOT = new URL('../..', import.meta.url).pathname;
const BIN = join(ROOT, 'bin/routescope.mjs');
const DATA = process.env['ROUTESCOPE_DATA'] ?? join(ROOT, '../shared/data');
const BGPALERTER = join(DATA, 'vectors/bgpalerter');
const REAL = join(DATA, 'rpki');

const folder = mkdtempSync(join(tmpdir(), 'rpki-watch-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, content: unknown): string => {
  const path = join(folder, name);
  writeFileSync(`${path}.new`, typeof content === 'string' ? content : JSON.stringify(content));
  renameSync(`${path}.new`, path);
  return path;
};

function run(...args: string[]): { code: number | null; out: string[]; err: string } {
  const result = spawnSync(process.execPath, [BIN, 'rpki', 'watch', ...args], { encoding: 'utf8' });
  return { code: result.status, out: result.stdout.split('\n').slice(0, -1), err: result.stderr };
}

const crowd = Array.from({ length: 20 }, (_, i) => ({
  asn: 7,
  prefix: `10.0.${i}.0/24`,
  maxLength: 24,
  ta: 'ripe',
}));
const mine = { asn: 64496, prefix: '192.0.2.0/24', maxLength: 24, ta: 'ripe' };
const list = file('watch.json', {
  watch: 1,
  prefixes: [{ prefixes: ['192.0.2.0/24'], origins: [64496], label: 'mine', groups: ['noc'] }],
});

describe.skipIf(!existsSync(BGPALERTER))(`BGPalerter's vectors (${BGPALERTER})`, () => {
  const args = [
    ...['--watch', join(BGPALERTER, 'prefixes.test.yml')],
    ...['--vrps', join(BGPALERTER, 'rpki_tests__roas.before.json')],
    ...['--vrps-after', join(BGPALERTER, 'rpki_tests__roas.after.json')],
    ...['--at', '1621690060'],
  ];
  const at = '2021-05-22T13:27:40Z';
  const anchor = `${at} ripe: Possible trust anchor malfunction or incomplete VRPs`;
  const gone = `${anchor}: 60.00% of the ROAs disappeared from ripe`;
  const expiring = `${anchor}: 50.00% of the ROAs are expiring in ripe`;
  const soon = `${at} 2914: The following ROAs will expire in less than 2 hours: <1.2.3.0/24, AS2914, 24, ripe>`;

  test('the alerts BGPalerter expects', () => {
    const { code, out } = run(...args, '--each');
    expect(code).toBe(0);
    expect(out).toEqual([
      gone,
      expiring,
      `${at} 2914: ROAs change detected: removed <2.3.4.0/24, AS2914, 24, ripe>`,
      `${at} 94.5.4.0/22: ROAs change detected: removed <94.5.4.0/22, AS2914, 22, ripe>`,
      `${at} 2001:db8:123::/48: ROAs change detected: removed <2001:db8:123::/48, AS65000, 48, ripe>`,
      soon,
    ]);
  });

  test('without --each, what vanished with its trust anchor is not told one by one', () => {
    expect(run(...args).out).toEqual([gone, expiring, soon]);
  });
});

const before = join(REAL, 'rpkiclient_summary_20250720T093135Z.json.bz2');
const after = join(REAL, 'rpkiclient_summary_20250720T100145Z.json.bz2');
test.skipIf(!existsSync(before))(
  `the 9 VRPs that came and the 6 that went within half an hour (${before})`,
  { timeout: 180_000 },
  () => {
    // Space with all that changed, and neighbours that did not.
    const prefixes = ['82.16.0.0/12', '94.183.0.0/16', '116.118.0.0/16', '163.61.0.0/16', '165.99.0.0/16'];
    const more = ['199.36.120.0/24', '2605:9cc0::/32'];
    const rules = [{ prefixes: [...prefixes, ...more], origins: ['*'], moreSpecifics: 'allow' }];
    const watch = file('real.json', { watch: 1, prefixes: rules });
    const { code, out } = run('--watch', watch, '--vrps', before, '--vrps-after', after, '--json');
    expect(code).toBe(0);
    const alerts = out.map((line) => JSON.parse(line) as { kind: string; time: string; summary: string });
    const changes = alerts.filter(({ kind }) => kind === 'change');
    expect(new Set(changes.map(({ time }) => time))).toEqual(new Set(['2025-07-20T10:01:43Z']));
    const vrps = changes.flatMap(({ summary }) => summary.replace('ROAs change detected: ', '').split('; '));
    expect(vrps.filter((text) => text.startsWith('added '))).toHaveLength(9);
    expect(vrps.filter((text) => text.startsWith('removed '))).toHaveLength(6);
    expect(vrps).toContain('removed <82.21.153.0/24, AS3320, 24, ripe>');
    expect(vrps).toContain('added <2605:9cc0:d00::/40, AS16509, 48, arin>');
    expect(alerts.filter(({ kind }) => kind === 'trust-anchor')).toEqual([]);
  },
);

test('--json: one object per alert; gzip and plain; data of their own time', () => {
  const metadata = (generated: number): object => ({ metadata: { generated } });
  const first = join(folder, 'first.json.gz');
  writeFileSync(first, gzipSync(JSON.stringify({ ...metadata(1_753_003_893), roas: [...crowd, mine] })));
  const second = file('second.json', { ...metadata(1_753_005_000), roas: crowd });
  const { code, out } = run('--watch', list, '--vrps', first, '--vrps-after', second, '--json');
  expect(code).toBe(0);
  expect(out.map((line) => JSON.parse(line) as unknown)).toEqual([
    {
      time: '2025-07-20T09:50:00Z',
      kind: 'change',
      affected: '192.0.2.0/24',
      prefix: '192.0.2.0/24',
      asn: 64496,
      summary: 'ROAs change detected: removed <192.0.2.0/24, AS64496, 24, ripe>',
      label: 'mine',
      groups: ['noc'],
    },
  ]);
});

test(
  'a file is followed; one that cannot be read is told and changes nothing',
  { timeout: 60_000 },
  async () => {
    const roas = (expires: number): unknown => ({ roas: [...crowd, { ...mine, expires }] });
    const source = file('followed.json', roas(4_000_000_000));
    const child = spawn(process.execPath, [
      ...[BIN, 'rpki', 'watch', '--watch', list, '--vrps', source, '--interval', '1', '--at', '3000000000'],
    ]);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const notes = createInterface({ input: child.stderr })[Symbol.asyncIterator]();
    try {
      file('followed.json', '<html>');
      expect((await notes.next()).value).toMatch(/RPKI_BAD_JSON/);
      file('followed.json', roas(3_000_000_060));
      expect((await lines.next()).value).toMatch(/will expire in less than 2 hours: <192\.0\.2\.0\/24/);
      file('followed.json', { roas: [...crowd, { ...mine, asn: 666 }] });
      expect((await lines.next()).value).toMatch(
        /removed <192\.0\.2\.0\/24, AS64496, 24, ripe>; added <192\.0\.2\.0\/24, AS666, 24, ripe>/,
      );
      child.kill('SIGINT');
      expect((await lines.next()).done).toBe(true);
      const code = child.exitCode ?? (await new Promise((done) => child.once('exit', done)));
      expect(code).toBe(0);
    } finally {
      child.kill('SIGKILL');
    }
  },
);

test('what is wrong is told', () => {
  const vrps = file('vrps.json', { roas: crowd });
  expect(run('--vrps', vrps)).toMatchObject({ code: 2, out: [] });
  expect(run('--watch', list, '--vrps', vrps, '--interval', '0')).toMatchObject({ code: 2 });
  expect(run('--watch', list, '--vrps', vrps, '--vrps-after', join(folder, 'none'))).toMatchObject({
    code: 1,
  });
  const bad = file('bad.json', { watch: 1, prefixes: [{ prefixes: ['nonsense'] }] });
  const { code, err } = run('--watch', bad, '--vrps', vrps, '--vrps-after', vrps);
  expect(code).toBe(1);
  expect(err).toContain('WATCH_BAD');
  expect(run('--help').out.join('\n')).toContain('routescope rpki watch');
});

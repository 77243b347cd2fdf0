import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const bin = fileURLToPath(new URL('../../bin/routescope.mjs', import.meta.url));
let folder = '';
let vrps = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rpki-'));
  vrps = join(folder, 'vrps.json.gz');
  const body = {
    metadata: { buildtime: '2025-07-20T09:31:33Z' },
    roas: [
      { asn: 65001, prefix: '192.0.2.0/24', maxLength: 25, ta: 'ripe', expires: 1 },
      { asn: 0, prefix: '198.18.0.0/15', maxLength: 32, ta: 'arin', expires: 1 },
    ],
    aspas: [
      { customer_asid: 1, providers: [2] },
      { customer_asid: 6, providers: [0] },
    ],
  };
  writeFileSync(vrps, gzipSync(JSON.stringify(body)));
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(args: readonly string[], input = ''): { code: number | null; out: string; err: string } {
  const result = spawnSync(process.execPath, [bin, 'rpki', ...args], {
    cwd: tmpdir(),
    encoding: 'utf8',
    input,
  });
  return { code: result.status, out: result.stdout, err: result.stderr };
}

describe('routescope rpki validate', () => {
  test('one route, with the VRPs consulted', () => {
    expect(run(['validate', '--vrps', vrps, 'AS65001', '192.0.2.0/25'])).toEqual({
      code: 0,
      out: 'AS65001 192.0.2.0/25 valid\n  matches: AS65001 192.0.2.0/24-25 (ripe)\n',
      err: '',
    });
  });

  test('a list: text in every order, JSON with a path, comments; what cannot be read is told and fails', () => {
    const input = [
      '# routes',
      'AS65001 192.0.2.0/24',
      '192.0.2.0/26 => AS65001',
      '198.18.0.0/16 7',
      '{"asn":7,"prefix":"8.8.8.0/24","path":[9,6,1,2,7]}',
      '{"asn":"AS7","prefix":"8.8.8.0/24","path":"2 {1}"}',
      'nonsense',
      'AS1 8.8.8.0/33',
    ].join('\n');
    expect(run(['validate', '--vrps', vrps], input)).toEqual({
      code: 1,
      out: [
        'AS65001 192.0.2.0/24 valid',
        'AS65001 192.0.2.0/26 invalid (length)',
        'AS7 198.18.0.0/16 invalid (as)',
        'AS7 8.8.8.0/24 not-found aspa unknown',
        'AS7 8.8.8.0/24 not-found aspa invalid',
        '',
      ].join('\n'),
      err: 'routescope rpki: line 7: neither "ASN PREFIX" nor JSON\nroutescope rpki: line 8: invalid prefix\n',
    });
  });

  test('--json: one object a line, as Routinator shapes it', () => {
    const { code, out } = run(['validate', '--vrps', vrps, '--json'], 'AS7 198.18.0.0/15\n');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      route: { origin_asn: 'AS7', prefix: '198.18.0.0/15' },
      validity: {
        state: 'invalid',
        reason: 'as',
        VRPs: { matched: [], unmatched_as: [{ asn: 'AS0', prefix: '198.18.0.0/15', max_length: '32' }] },
      },
    });
  });

  test('--path, both procedures, hops told both ways', () => {
    const { code, out } = run(['validate', '--aspas', vrps, '--path', '2 1']);
    expect([code, out]).toEqual([
      0,
      '2 1: valid (downstream)\n  AS1 -> AS2: provider+ up, no-attestation down\n',
    ]);
    expect(run(['validate', '--aspas', vrps, '--path', '9 6', '--upstream']).out).toContain(
      '9 6: invalid (upstream)',
    );
    const json = JSON.parse(run(['validate', '--vrps', vrps, '--path', '2 1', '--json']).out) as unknown;
    expect(json).toEqual({
      path: '2 1',
      aspa: { state: 'valid', procedure: 'downstream' },
      hops: [{ from: 'AS1', to: 'AS2', up: 'provider+', down: 'no-attestation' }],
    });
  });

  test('--at makes old data unknown (stale)', () => {
    const at = (time: string): string =>
      run(['validate', '--vrps', vrps, '--at', time, '65001', '192.0.2.0/24']).out;
    expect(at('2025-07-20T11:31Z')).toContain('AS65001 192.0.2.0/24 valid');
    expect(at('2025-07-20T11:32Z')).toContain('AS65001 192.0.2.0/24 unknown (stale)');
  });

  test.each([
    ['nothing at all', []],
    ['another verb', ['verify']],
    ['no VRPs', ['validate', 'AS1', '10.0.0.0/8']],
    ['an ASN without a prefix', ['validate', '--vrps', 'x', 'AS1']],
    ['an unknown flag', ['validate', '--vrps', 'x', '--what']],
    ['a bad time', ['validate', '--vrps', 'x', '--at', 'noon']],
  ])('%s is wrong usage', (_name, args) => {
    expect(run(args).code).toBe(2);
  });

  test.each([
    ['a missing file', '/nonexistent/vrps.json'],
    ['a file of something else', fileURLToPath(new URL('../../package.json', import.meta.url))],
    ['an address where nothing listens', 'http://127.0.0.1:9/'],
  ])('%s fails', (_name, source) => {
    const { code, out, err } = run(['validate', '--vrps', source, 'AS1', '10.0.0.0/8']);
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain(source);
  });

  test('a route or path that cannot be read fails', () => {
    expect(run(['validate', '--vrps', vrps, 'ASX', '10.0.0.0/8']).code).toBe(1);
    expect(run(['validate', '--vrps', vrps, '--path', '1 {2']).code).toBe(1);
  });
});

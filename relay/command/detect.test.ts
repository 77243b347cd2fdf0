import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';

const ROOT = new URL('../..', import.meta.url).pathname;
const DATA = process.env['ROUTESCOPE_DATA'] ?? join(ROOT, '../shared/data');
const EVENTS = join(DATA, 'hijacks/events');

function run(...args: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync('node', [join(ROOT, 'bin/routescope.mjs'), ...args], {
    encoding: 'utf8',
  });
  return { code: status, out: stdout, err: stderr };
}

const line = (type: string, ts: number, peer: number, prefix: string, path?: string): string =>
  JSON.stringify({
    ts,
    type,
    collector: 'test',
    peer: `192.0.2.${peer}`,
    peer_asn: 60_000 + peer,
    prefix,
    path,
  });

describe('routescope detect', () => {
  const folder = mkdtempSync(join(tmpdir(), 'routescope-detect-'));
  const stream = join(folder, 'stream.jsonl');
  const vrps = join(folder, 'vrps.json');

  beforeAll(() => {
    const lines: string[] = [];
    for (let peer = 1; peer <= 5; peer++)
      lines.push(line('A', 1_700_000_100, peer, '8.20.1.0/24', `${60_000 + peer} 174 5301`));
    for (let peer = 1; peer <= 5; peer++) lines.push(line('W', 1_700_000_700, peer, '8.20.1.0/24'));
    // Table entries count as baseline wherever they stand.
    for (let peer = 1; peer <= 5; peer++)
      lines.push(line('R', 1_700_001_000, peer, '8.20.0.0/22', `${60_000 + peer} 3356 4200`));
    writeFileSync(stream, `${lines.join('\n')}\n`);
    writeFileSync(
      vrps,
      JSON.stringify({
        metadata: {},
        roas: [{ asn: 'AS4200', prefix: '8.20.0.0/22', maxLength: 24, ta: 'test' }],
      }),
    );
  });

  test('--json prints one incident per line with the documented members', () => {
    const { code, out } = run('detect', stream, '--json');
    expect(code).toBe(0);
    const incident = JSON.parse(out.trimEnd().split('\n')[0]!) as Record<string, unknown>;
    const schema = JSON.parse(readFileSync(join(ROOT, 'docs/incident.schema.json'), 'utf8')) as {
      required: string[];
    };
    expect(Object.keys(incident).sort()).toEqual([...schema.required].sort());
    expect(incident).toMatchObject({
      type: 'subprefix-hijack',
      artemis: 'S|0|-|-',
      state: 'withdrawn',
      culprits: [5301],
      victims: [4200],
      prefixes: ['8.20.1.0/24'],
      firstSeen: '2023-11-14T22:15:00.000Z',
      endedAt: '2023-11-14T22:25:00.000Z',
    });
  });

  test('VRPs add their tag and themselves as evidence', () => {
    const { out } = run('detect', stream, '--json', '--vrps', vrps);
    const incident = JSON.parse(out.trimEnd().split('\n')[0]!) as {
      tags: unknown;
      evidence: { vrps: unknown };
    };
    expect(incident.tags).toContainEqual({ name: 'rpki-new-origin-invalid', score: 8 });
    expect(incident.evidence.vrps).toEqual([{ prefix: '8.20.0.0/22', maxLength: 24, asn: 4200 }]);
  });

  test('--follow prints every step, --min-confidence leaves out', () => {
    expect(run('detect', stream, '--follow').out).toMatch(/opened.*\n.*withdrawn/);
    expect(run('detect', stream, '--json', '--min-confidence', '30').out).toBe('');
  });

  test.each([
    [['detect'], 2],
    [['detect', 'x', '--from', 'yesterday'], 2],
    [['detect', 'x', '--min-confidence', 'high'], 2],
    [['detect', '/does/not/exist'], 1],
    [['detect', 'x', '--as-rel', '/does/not/exist'], 1],
  ])('%j exits %i', (args, code) => {
    const { code: got, out, err } = run(...args);
    expect([got, out.includes('{')]).toEqual([code, false]);
    expect(err).not.toBe('');
  });
});

describe.skipIf(!existsSync(EVENTS))('a real hijack (needs ROUTESCOPE_DATA)', () => {
  test('is found with its culprit in a file on its own', () => {
    const { out } = run('detect', join(EVENTS, 'pakistan_1.jsonl.gz'), '--json', '--min-confidence', '8');
    expect(JSON.parse(out)).toMatchObject({ type: 'subprefix-hijack', culprits: [17557], victims: [36561] });
  });
});

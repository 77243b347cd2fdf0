import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { formatPrefix, maskWord, parsePrefix } from '#core/prefix/prefix.ts';
import { advance, decodeCompact, encodeDelta, encodeSnapshot } from '#core/rpki/compact.ts';
import type { RpkiData } from '#core/rpki/data.ts';
import { diffRpki, rpkiDigest } from '#core/rpki/data.ts';
import type { RpkiJsonReader } from '#core/rpki/json-reader.ts';
import { ROV, validateOrigin } from '#core/rpki/rov.ts';
import { formatValidity, formatValidityList, readRoute } from '#core/rpki/validity.ts';
import { eachVrp, vrpBytes, vrpCount } from '#core/rpki/vrp-set.ts';
import { SILENT } from '../../relay/log.ts';
import { readRpkiFile } from '../../relay/rpki/document.ts';
import { RpkiMirror } from '../../relay/rpki/mirror.ts';
import { openUpstream } from '../../relay/rpki/open.ts';

const folder = `${process.env.ROUTESCOPE_DATA ?? '../shared/data'}/rpki`;
const FIRST = `${folder}/rpkiclient_summary_20250720T093135Z.json.bz2`;
const SECOND = `${folder}/rpkiclient_summary_20250720T100145Z.json.bz2`;

function dataOf(reader: RpkiJsonReader, serial: number): RpkiData {
  const content = reader.endSnapshot();
  const { generatedS, badRows } = reader.facts();
  expect(badRows).toBe(0);
  return { ...content, version: { session: '1', serial, generatedS: generatedS! } };
}

const ends: (() => unknown)[] = [];
afterAll(async () => {
  for (const end of ends.reverse()) await end();
});

describe.skipIf(!existsSync(FIRST))('the VRPs of 20 July 2025 (skipped without the data folder)', () => {
  const both = (async () =>
    [dataOf(await readRpkiFile(FIRST), 1), dataOf(await readRpkiFile(SECOND), 2)] as const)();

  test('are all there', async () => {
    const [first, second] = await both;
    expect([vrpCount(first.vrps), first.vrps.v6.length, first.aspas.length]).toEqual([723_521, 143_155, 100]);
    expect(vrpCount(second.vrps)).toBe(723_524);
    expect(first.version.generatedS).toBe(Date.parse('2025-07-20T09:31:33Z') / 1000);
    const asZero = [...eachVrp(first.vrps)].filter((vrp) => vrp.asn === 0);
    expect(asZero).toHaveLength(2419);
    const byAnchor = new Map<string, number>();
    for (const { trustAnchor } of eachVrp(first.vrps))
      byAnchor.set(trustAnchor, (byAnchor.get(trustAnchor) ?? 0) + 1);
    expect(Object.fromEntries(byAnchor)).toEqual({
      ripe: 300_988,
      arin: 203_995,
      apnic: 153_201,
      lacnic: 39_011,
      afrinic: 26_326,
    });
    expect(vrpBytes(first.vrps)).toBeLessThan(30e6);
  });

  test("the same in Routinator's shape gives the same set", async () => {
    const [first] = await both;
    const other = dataOf(await readRpkiFile(`${folder}/routinator-shape-20250720T0931.json.gz`), 1);
    expect(rpkiDigest(other)).toBe(rpkiDigest(first));
  });

  test('compact, they are under 2 MB of gzip and come back whole', async () => {
    const [first] = await both;
    const bytes = encodeSnapshot(first);
    const zipped = gzipSync(bytes).length;
    console.log(
      `compact form: ${bytes.length} bytes, ${zipped} gzipped, ${(zipped / 723_521).toFixed(2)} per VRP`,
    );
    expect(zipped).toBeLessThan(2e6);
    const back = decodeCompact(bytes);
    expect(back.kind === 'snapshot' && rpkiDigest(back.data)).toBe(rpkiDigest(first));
  });

  test('thirty minutes later nine came and six went; 10,193 new expiry times are no change', async () => {
    const [first, second] = await both;
    const delta = diffRpki(first, second);
    expect([vrpCount(delta.vrps.announced), vrpCount(delta.vrps.withdrawn)]).toEqual([9, 6]);
    const bytes = encodeDelta(delta, first.version, second);
    expect(bytes.length).toBeLessThan(500);
    const compact = decodeCompact(bytes);
    if (compact.kind !== 'delta') throw new Error(compact.kind);
    const { data, misfits } = advance(first, compact);
    expect([misfits, rpkiDigest(data)]).toEqual([0, rpkiDigest(second)]);
    const derived = await readRpkiFile(`${folder}/routinator-shape-json-delta.json`);
    const { vrps } = derived.endDelta();
    expect([...eachVrp(vrps.announced)].map(noAnchor)).toEqual(
      [...eachVrp(delta.vrps.announced)].map(noAnchor),
    );
    expect([...eachVrp(vrps.withdrawn)].map(noAnchor)).toEqual(
      [...eachVrp(delta.vrps.withdrawn)].map(noAnchor),
    );
  });

  test('200,000 routes are judged as a map per prefix length judges them', async () => {
    const [first] = await both;
    const naive = new Map<string, { maxLength: number; asn: number }[]>();
    const prefixes: string[] = [];
    for (const { prefix, maxLength, asn } of eachVrp(first.vrps)) {
      const list = naive.get(prefix);
      if (list) list.push({ maxLength, asn });
      else {
        naive.set(prefix, [{ maxLength, asn }]);
        prefixes.push(prefix);
      }
    }
    let seed = 20_250_720;
    const next = (below: number): number => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) % below;
    const counts = new Map<number, number>();
    const wrong: string[] = [];
    for (let i = 0; i < 200_000; i++) {
      const base = parsePrefix(prefixes[next(prefixes.length)]!);
      // At, below or above a VRP's prefix, with its AS or another.
      const bits = Math.max(0, Math.min(base.isV6 ? 128 : 32, base.bits + next(8) - 2));
      const words = base.words.map((word, w) => (word & maskWord(bits - w * 32)) >>> 0);
      const named = naive.get(formatPrefix(base.isV6, base.bits, base.words))![0]!.asn;
      const origin = next(3) === 0 ? next(400_000) : named;
      const got = validateOrigin(first.vrps, base.isV6, bits, words, 0, origin);
      const want = judgeNaively(naive, base.isV6, bits, words, origin);
      if (got !== want)
        wrong.push(`${formatPrefix(base.isV6, bits, words)} AS${origin}: ${got}, not ${want}`);
      counts.set(got, (counts.get(got) ?? 0) + 1);
    }
    expect(wrong).toEqual([]);
    for (const code of [ROV.valid, ROV.invalidAs, ROV.invalidLength, ROV.notFound]) {
      expect(counts.get(code)).toBeGreaterThan(1000);
    }
  });
});

function noAnchor(vrp: { asn: number; prefix: string; maxLength: number }): string {
  return `AS${vrp.asn} ${vrp.prefix}-${vrp.maxLength}`;
}

function judgeNaively(
  vrps: ReadonlyMap<string, readonly { maxLength: number; asn: number }[]>,
  isV6: boolean,
  bits: number,
  words: readonly number[],
  origin: number,
): number {
  let code: number = ROV.notFound;
  for (let length = bits; length >= 0; length--) {
    const masked = words.map((word, w) => (word & maskWord(length - w * 32)) >>> 0);
    for (const { maxLength, asn } of vrps.get(formatPrefix(isV6, length, masked)) ?? []) {
      if (maxLength >= bits && asn === origin && asn !== 0) return ROV.valid;
      if (maxLength >= bits) code = ROV.invalidAs;
      else if (code === ROV.notFound) code = ROV.invalidLength;
    }
  }
  return code;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Start a daemon and see to its end. */
function run(command: string, args: readonly string[]): ChildProcess {
  const child = spawn(command, args, { stdio: 'ignore' });
  ends.push(() => child.kill('SIGKILL'));
  return child;
}

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await what())) await new Promise((resolve) => setTimeout(resolve, 50));
}

function mirrorOf(source: string): RpkiMirror {
  const mirror = new RpkiMirror(openUpstream(source), { log: SILENT, session: '42', random: () => 0 });
  ends.push(() => mirror.close());
  mirror.start();
  return mirror;
}

async function tempFolder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'rpki-'));
  ends.push(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** The program at the variable's place or on the path; empty when there is none. */
function find(variable: string, name: string): string {
  const command = process.env[variable] ?? name;
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).error === undefined ? command : '';
}

const PREFIXES = [
  ...[
    '65001 192.0.2.0/24 24',
    '65002 203.0.113.0/24 25',
    '65003 198.51.100.0/24 26',
    '65004 2001:db8:e::/48 48',
  ],
  ...['0 198.18.0.0/15 32', '65009 192.0.0.0/16 18', '65001 192.0.0.0/16 20'],
];
const ROUTES = [
  ...['65001 192.0.2.0/24', '65001 192.0.2.0/25', '7 192.0.2.0/24', '7 198.18.0.0/16', '65009 192.0.64.0/19'],
  ...[
    '65004 2001:db8:e::/48',
    '65004 2001:db8:e::1/64',
    '1 8.8.8.0/24',
    '65003 198.51.100.0/25',
    '1 0.0.0.0/0',
  ],
];

function slurm(vrps: readonly string[]): string {
  const prefixAssertions = vrps.map((vrp) => {
    const [asn, prefix, length] = vrp.split(' ') as [string, string, string];
    return { asn: Number(asn), prefix, maxPrefixLength: Number(length) };
  });
  return JSON.stringify({
    slurmVersion: 1,
    validationOutputFilters: { prefixFilters: [], bgpsecFilters: [] },
    locallyAddedAssertions: { prefixAssertions, bgpsecAssertions: [] },
  });
}

const routinator = find('ROUTINATOR', 'routinator');
describe.skipIf(routinator === '')('a real Routinator (skipped: not on PATH nor at ROUTINATOR)', () => {
  const lab = (async () => {
    // The body of a skipped suite runs all the same.
    if (routinator === '') return new Promise<never>(() => undefined);
    const path = await tempFolder();
    await mkdir(join(path, 'repo'));
    const exceptions = join(path, 'slurm.json');
    await writeFile(exceptions, slurm(PREFIXES));
    const port = await freePort();
    const args = ['--no-rir-tals', '--repository-dir', join(path, 'repo'), '--exceptions', exceptions];
    args.push('--disable-rrdp', '--disable-rsync', '--enable-aspa', 'server', '--http', `127.0.0.1:${port}`);
    args.push('--refresh', '1', '--history', '50');
    const start = (): ChildProcess => run(routinator, args);
    return { exceptions, url: `http://127.0.0.1:${port}/`, start, process: start() };
  })();
  const mirror = lab.then(({ url }) => mirrorOf(url));

  test('is mirrored', async () => {
    const ours = await mirror;
    await until(() => ours.data !== null);
    expect([...eachVrp(ours.data!.vrps)].map(noAnchor).sort()).toEqual(
      PREFIXES.map((vrp) => vrp.replace(/^(\S+) (\S+) (\S+)$/, 'AS$1 $2-$3')).sort(),
    );
    // Routinator 0.15.2 passes over the ASPA assertions of SLURM files; its list is there, and empty.
    expect(ours.data!.aspas.length).toBe(0);
  });

  test('writes validity answers as we do, byte for byte', async () => {
    const { url } = await lab;
    const { vrps } = (await mirror).data!;
    const sameTime = (text: string): string => text.replace(/("generatedTime": )"[^"]*"/, '$1""');
    const routes = ROUTES.map((text) => readRoute(...(text.split(' ') as [string, string])).route!);
    for (const [i, route] of routes.entries()) {
      const theirs = await (await fetch(`${url}api/v1/validity/${ROUTES[i]!.replace(' ', '/')}`)).text();
      expect(sameTime(formatValidity(vrps, route, 0))).toBe(sameTime(theirs));
    }
    const body = JSON.stringify({
      routes: ROUTES.map((text) => ({ asn: `AS${text.split(' ')[0]}`, prefix: text.split(' ')[1] })).filter(
        (r) => r.prefix !== '2001:db8:e::1/64',
      ),
    });
    const post = { method: 'POST', body, headers: { 'content-type': 'application/json' } };
    const theirs = await (await fetch(`${url}validity`, post)).text();
    const asked = routes.filter((_, i) => !ROUTES[i]!.includes('::1/64'));
    expect(sameTime(formatValidityList(vrps, asked, 0))).toBe(sameTime(theirs));
  });

  test('is followed by deltas, and through a restart', async () => {
    const { exceptions, process: first, start } = await lab;
    const ours = await mirror;
    const changed = [...PREFIXES.slice(1), '65010 198.51.100.128/25 25'];
    await writeFile(exceptions, slurm(changed));
    await until(() => ours.status().deltas > 0);
    expect(ours.status()).toMatchObject({ snapshots: 1, misfits: 0, vrpsV4: 6, vrpsV6: 1 });
    first.kill('SIGKILL');
    await until(() => ours.status().state === 'failing');
    await writeFile(exceptions, slurm(PREFIXES.slice(2)));
    start();
    await until(() => ours.status().snapshots > 1);
    expect(ours.status()).toMatchObject({ state: 'current', misfits: 0 });
    expect(vrpCount(ours.data!.vrps)).toBe(5);
  }, 60_000);
});

const stayrtr = find('STAYRTR', 'stayrtr');
test.skipIf(stayrtr === '')(
  'a real StayRTR serves a document we read (skipped: not on PATH nor at STAYRTR)',
  async () => {
    const path = join(await tempFolder(), 'vrps.json');
    const roas = PREFIXES.map((vrp) => {
      const [asn, prefix, length] = vrp.split(' ') as [string, string, string];
      return { asn: Number(asn), prefix, maxLength: Number(length), ta: 'lab', expires: 1_893_456_000 };
    });
    await writeFile(path, JSON.stringify({ metadata: { buildtime: '2026-11-21T19:11:50Z' }, roas }));
    const [rtr, http] = [await freePort(), await freePort()];
    const ports = ['-bind', `127.0.0.1:${rtr}`, '-metrics.addr', `127.0.0.1:${http}`];
    run(stayrtr, [...ports, '-cache', path, '-checktime=false', '-refresh', '1']);
    const mirror = mirrorOf(`http://127.0.0.1:${http}/rpki.json`);
    await until(() => mirror.data !== null);
    expect(mirror.status()).toMatchObject({ kind: 'json-url', badRows: 0 });
    expect([...eachVrp(mirror.data!.vrps)].map(noAnchor).sort()).toEqual(
      PREFIXES.map((vrp) => vrp.replace(/^(\S+) (\S+) (\S+)$/, 'AS$1 $2-$3')).sort(),
    );
  },
);

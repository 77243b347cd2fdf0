import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { elemBatch, START_S } from '../../tests/fixtures/elem-batch.ts';
import { batchFrame } from '../../tests/fixtures/stream-server.ts';
import { formatJsonl } from '#core/elem/jsonl.ts';
import { elemRows } from '#core/elem/row.ts';
import type { Incident } from '#core/incident/incident.ts';
import { NO_ASPAS } from '#core/rpki/aspa-set.ts';
import { encodeSnapshot } from '#core/rpki/compact.ts';
import { VrpBuilder } from '#core/rpki/vrp-set.ts';
import { FrameLogEncoder } from '#core/wire/log.ts';
import type { Refusal } from './api-reports.ts';
import type { ReplayOpened, ReplayProgress } from './api-replay.ts';
import { Replay } from './replay.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const DATA = process.env['ROUTESCOPE_DATA'] ?? resolve(ROOT, '../shared/data');
const PAKISTAN = readFileSync(resolve(ROOT, 'static/replays/youtube-pakistan-20080224.rsl'));

const open: Replay[] = [];
afterEach(() => {
  for (const replay of open.splice(0)) replay.close();
});

interface Dropped {
  readonly replay: Replay;
  readonly answer: ReplayOpened | Refusal;
  readonly progress: readonly ReplayProgress[];
}

async function drop(bytes: Uint8Array, name = 'file'): Promise<Dropped> {
  const replay = new Replay({ app: '0.0.0', model: null, fetch, baseUrl: 'http://127.0.0.1:1/' });
  open.push(replay);
  const progress: ReplayProgress[] = [];
  const file = new File([bytes as Uint8Array<ArrayBuffer>], name);
  const answer = await replay.open({ kind: 'file', file }, (told) => progress.push(told));
  return { replay, answer, progress };
}

const JSONL = elemRows(
  elemBatch([
    { kind: 'A', prefix: '192.0.2.0/24', path: [65_001, 65_002] },
    { kind: 'A', atS: 5, prefix: '198.51.100.0/24', path: [65_001, 65_003] },
    { kind: 'W', atS: 9, prefix: '192.0.2.0/24' },
  ]),
)
  .map((row) => `${formatJsonl(row)}\n`)
  .join('');

describe('files', () => {
  test.each([
    ['plain', Buffer.from(JSONL)],
    ['gzip', gzipSync(JSONL)],
    ['bzip2', execFileSync('bzip2', ['-c'], { input: JSONL })],
  ])('elem JSONL, %s', async (_how, bytes) => {
    const { replay, answer } = await drop(bytes, 'what.ever');
    expect(answer).toMatchObject({ ok: true, title: 'what.ever', elems: 3, vantages: 1 });
    const view = await replay.seek(Infinity);
    expect(view).toMatchObject({ state: 'ended', totals: { announcements: 2, withdrawals: 1 } });
  });

  test('one line that is damaged is counted and left out', async () => {
    const { answer, progress, replay } = await drop(Buffer.from(`${JSONL}{"ts":"never"}\n${JSONL}`));
    expect(answer).toMatchObject({ ok: true, elems: 6 });
    await replay.verdicts();
    expect(progress.at(-1)?.bad).toEqual([{ code: 'JSONL_BAD_LINE', count: 1 }]);
  });

  test.each([
    ['nothing', new Uint8Array(), 'REPLAY_EMPTY'],
    [
      'words',
      Buffer.from('This is no routing data, but it is long enough to be looked at.'),
      'FILE_UNKNOWN_FORMAT',
    ],
    ['a picture', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), 'FILE_UNKNOWN_FORMAT'],
    ['a gzip of nothing', gzipSync(''), 'REPLAY_EMPTY'],
    ['gzip that breaks off', gzipSync(Buffer.alloc(1000, 'x')).subarray(0, 15), 'FILE_DAMAGED'],
    ['the beginning of a frame log', PAKISTAN.subarray(0, 6), 'WIRE_LOG_TRUNCATED'],
    ['MRT of nothing but zeros', gzipSync(Buffer.alloc(80 * 1024 * 1024)), 'REPLAY_EMPTY'],
  ])('%s is refused', async (_what, bytes, code) => {
    const { answer } = await drop(bytes);
    expect(answer).toMatchObject({ ok: false, code });
  });

  test.each([1000, 300_000, -1])('the recording cut at byte %i gives what is whole', async (at) => {
    const { answer, progress, replay } = await drop(PAKISTAN.subarray(0, at));
    if (!answer.ok) return expect(answer.code).toBe('WIRE_LOG_TRUNCATED');
    expect(answer.elems).toBeGreaterThan(0);
    await replay.seek(answer.startUs);
    while (progress.at(-1)?.phase === 'reading') await new Promise((wait) => setTimeout(wait, 20));
    expect(progress.at(-1)?.bad).toEqual([{ code: 'WIRE_LOG_TRUNCATED', count: 1 }]);
  });

  test('bytes of the recording that were changed never kill it', { timeout: 120_000 }, async () => {
    const small = PAKISTAN.subarray(0, 200_000);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(small.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        async (changes) => {
          const bytes = Uint8Array.from(small);
          for (const [at, value] of changes) bytes[at] = value;
          const { answer } = await drop(bytes);
          expect(answer.ok || typeof answer.code === 'string').toBe(true);
        },
      ),
      { numRuns: 15, seed: 4 },
    );
  });

  test('garbage of any kind never kills it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 4000 }), async (bytes) => {
        expect((await drop(bytes)).answer).toHaveProperty('ok');
      }),
      { numRuns: 60, seed: 4 },
    );
  });

  test('times years apart and going backwards are one timeline that does not go back', async () => {
    const at = (ts: number, n: number): string =>
      `{"ts":${ts},"type":"A","collector":"c","peer":"192.0.2.1","prefix":"10.0.${n}.0/24","path":"1 2"}\n`;
    const { answer, replay } = await drop(
      Buffer.from(at(0, 0) + at(1e9, 1) + at(5e8, 2) + at(1_500_000_000, 3)),
    );
    expect(answer).toMatchObject({ ok: true, startUs: 0, endUs: 1.5e15, elems: 4 });
    const timeline = replay.timeline();
    expect(timeline.announcements.length).toBeLessThanOrEqual(10_001);
    expect(timeline.announcements.reduce((sum, count) => sum + count)).toBe(4);
    expect((await replay.seek(1e15)).totals.announcements).toBe(3);
    expect(await replay.step('next-update')).toBe(1.5e15);
    expect(await replay.step('next-update')).toBeNull();
    expect(await replay.step('previous-update')).toBe(1e15);
  });

  test('a bzip2 bomb ends', async () => {
    const bytes = execFileSync('bzip2', ['-c'], {
      input: Buffer.alloc(200 * 1024 * 1024),
      maxBuffer: 1 << 30,
    });
    expect((await drop(bytes)).answer).toMatchObject({ ok: false, code: 'REPLAY_EMPTY' });
  });
});

describe.skipIf(!existsSync(DATA))('real files', () => {
  test('MRT of RouteViews, bzip2', async () => {
    const folder = join(DATA, 'mrt/youtube-pakistan-20080224');
    const name = readdirSync(folder).find((file) => file.includes('20080224.1839'))!;
    const { replay, answer } = await drop(readFileSync(join(folder, name)), `route-views2.${name}`);
    if (!answer.ok) throw new Error(answer.reason);
    const [{ collector }] = (await replay.seek(answer.endUs)).recent as unknown as [{ collector: string }];
    expect(collector).toBe('route-views2');
    const stats = execFileSync(
      process.execPath,
      ['bin/routescope.mjs', 'decode', join(folder, name), '--json', 'stats'],
      {
        cwd: ROOT,
      },
    );
    const { announcements, withdrawals } = JSON.parse(stats.toString()) as Record<string, number>;
    expect((await replay.seek(answer.endUs)).totals).toMatchObject({ announcements, withdrawals });
  });

  test.each([
    ['BMP as a router sent it', 'bmp/captures/gobgp-A.bmp', 144],
    ['BMP in a packet capture', 'bmp/pmacct/201-BMP-CISCO-rd_instance__traffic-00.pcap', 277],
  ])('%s', async (_how, path, elems) => {
    const { answer } = await drop(readFileSync(join(DATA, path)));
    expect(answer).toMatchObject({ ok: true, elems });
  });

  test('frames of RIS Live', async () => {
    const { answer } = await drop(readFileSync(join(DATA, 'rislive/ris-live-frames.jsonl')));
    expect(answer).toMatchObject({ ok: true });
  });

  test.each(readdirSync(join(DATA, 'hijacks/events')).slice(0, 3))(
    '%s: the verdicts of the command line',
    async (name) => {
      const path = join(DATA, 'hijacks/events', name);
      const { replay, answer } = await drop(readFileSync(path), name);
      expect(answer.ok).toBe(true);
      expect(await verdictLines(replay)).toEqual(detectLines(path));
    },
  );
});

test('the verdicts on the bundled recording are those of the command line', async () => {
  const { replay } = await drop(PAKISTAN, 'pakistan.rsl');
  expect(await verdictLines(replay)).toEqual(
    detectLines(resolve(ROOT, 'static/replays/youtube-pakistan-20080224.rsl')),
  );
});

describe('RPKI data in the manifest', () => {
  const built = new VrpBuilder();
  built.add({ isV6: false, bits: 24, words: [0xc000_0200, 0, 0, 0] }, 24, 65_002);
  const log = (generatedS: number): Uint8Array => {
    const version = { session: '1', serial: 7, generatedS };
    const compact = encodeSnapshot({ version, vrps: built.build(), aspas: NO_ASPAS });
    const batch = elemBatch([
      { kind: 'A', peer: 1, prefix: '192.0.2.0/24', path: [65_001, 65_002] },
      { kind: 'A', peer: 1, atS: 60, prefix: '192.0.2.0/24', path: [65_001, 65_009] },
      { kind: 'A', peer: 2, atS: 61, prefix: '192.0.2.0/24', path: [65_002, 65_009] },
      { kind: 'A', peer: 3, atS: 62, prefix: '192.0.2.0/24', path: [65_003, 65_009] },
      { kind: 'A', peer: 3, atS: 90, prefix: '203.0.113.0/24', path: [65_003, 65_010] },
    ]);
    const encoder = new FrameLogEncoder();
    const rpki = { compact: Buffer.from(compact).toString('base64') };
    const pieces = [
      encoder.start({ title: 'test', rpki }),
      encoder.frame(batchFrame(batch, 1)),
      encoder.end(),
    ];
    return Buffer.concat(pieces);
  };

  test.each([
    ['of its time', START_S, 'ready', true],
    ['of another time', START_S + 1e8, 'other-time', false],
  ] as const)('%s: judged by or not', async (_when, generatedS, state, isJudged) => {
    const { replay, answer } = await drop(log(generatedS));
    expect(answer).toMatchObject({ ok: true, elems: 5 });
    const { verdicts } = await replay.verdicts();
    expect(verdicts.some(({ type }) => type === 'rpki-invalid')).toBe(isJudged);
    await replay.seek(Infinity);
    for (const { id } of verdicts) expect(replay.incident(id)!.rpki).toMatchObject({ state, vrps: 1 });
    const bundle = await replay.exportBundle(0, Infinity);
    if (!bundle.ok) throw new Error(bundle.reason);
    const there = await drop(bundle.bytes);
    expect(await there.replay.verdicts()).toMatchObject({ verdicts });
  });
});

async function verdictLines(replay: Replay): Promise<string[]> {
  const { verdicts } = await replay.verdicts();
  return verdicts
    .map((row) => [row.id, row.type, row.state, row.confidence, row.peerAsns, row.prefixCount].join(' '))
    .sort();
}

/** The same of `routescope detect`. */
function detectLines(path: string): string[] {
  const out = execFileSync(process.execPath, ['bin/routescope.mjs', 'detect', path, '--json'], {
    cwd: ROOT,
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return out
    .toString()
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const { id, type, state, confidence, peerAsns, evidence } = JSON.parse(line) as Incident & {
        evidence: { prefixCount: number };
      };
      return [id, type, state, confidence, peerAsns.length, evidence.prefixCount].join(' ');
    })
    .sort();
}

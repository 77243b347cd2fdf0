import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ElemBatch } from '#core/elem/batch.ts';
import { ELEM_FLAG } from '#core/elem/batch.ts';
import { BatchBuilder } from '#core/elem/builder.ts';
import { ElemCopier } from '#core/elem/copier.ts';
import type { ElemFilter } from '#core/elem/filter.ts';
import { compileFilter, filterBatch } from '#core/elem/filter.ts';
import { listWords, prefixText, addressText, elemRows } from '#core/elem/row.ts';
import { arbitraryBatch } from '../../tests/fixtures/arbitrary-batch.ts';
import { elemBatch } from '../../tests/fixtures/elem-batch.ts';
import { mrtBatches, recording } from '../../tests/fixtures/mrt-batches.ts';
import { Duck } from './duck.ts';
import type { ArchiveIndex, IndexedFile } from './index-file.ts';
import { emptyIndex } from './index-file.ts';
import { LEVEL, mergeFiles, readFacts, stageBatch, writeStaged } from './parquet.ts';
import { readElems } from './read.ts';
import { SCHEMA_VERSION } from './schema.ts';

const ALWAYS = { fromUs: 0, toUs: 2 ** 53 };
let dir: string;
let duck: Duck;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'routescope-archive-'));
  duck = await Duck.open({ memoryMb: 256, threads: 1 }, join(dir, 'tmp'));
});

afterAll(async () => {
  duck.close();
  await rm(dir, { recursive: true });
});

/** Write batches to files, one per partition, as one index. */
async function archive(batch: ElemBatch, firstSeq = 1, name = 'a'): Promise<ArchiveIndex> {
  const files: IndexedFile[] = [];
  for (const partition of (await stageBatch(duck, batch, firstSeq)).partitions) {
    const path = `${name}-${files.length}.parquet`;
    await writeStaged(duck, partition, join(dir, path), LEVEL.fresh);
    files.push(indexed(path, partition, await readFacts(duck, join(dir, path))));
  }
  return { ...emptyIndex(SCHEMA_VERSION), files };
}

function indexed(path: string, partition: string, facts: Awaited<ReturnType<typeof readFacts>>): IndexedFile {
  return {
    ...facts,
    kind: 'elems',
    path,
    partition,
    bytes: 0,
    sha256: '',
    writtenMs: 0,
    isCompacted: false,
  };
}

async function read(index: ArchiveIndex, filter?: ElemFilter, origins?: number[]): Promise<ElemBatch[]> {
  const batches: ElemBatch[] = [];
  const query = { ...ALWAYS, ...(filter && { filter }), ...(origins && { origins }) };
  for await (const batch of readElems(dir, index, duck, query)) batches.push(batch);
  return batches;
}

/** Everything an elem says, without the numbers its tables happen to have. */
function facts(batch: ElemBatch, i: number): unknown[] {
  const set = batch.attrs[i]!;
  const { attrSets: sets, vantages } = batch;
  const vantage = batch.vantage[i]!;
  const attrs =
    set === 0xffff_ffff
      ? null
      : [
          sets.flags[set],
          sets.origin[set],
          sets.med[set],
          sets.localPref[set],
          sets.aggregatorAsn[set],
          sets.aggregatorAddress[set],
          sets.otc[set],
          addressText(batch, sets.nextHop[set]!),
          ...(['communities', 'extCommunities', 'largeCommunities'] as const).map((name) =>
            listWords(batch[name], sets[name][set]!).join(' '),
          ),
          listWords(batch.paths, sets.path[set]!).join(' '),
        ];
  return [
    batch.timeUs[i],
    batch.kind[i],
    batch.flags[i],
    batch.collectors[vantages.collector[vantage]!],
    addressText(batch, vantages.address[vantage]!),
    vantages.asn[vantage],
    batch.prefix[i] === 0xffff_ffff
      ? null
      : [batch.prefixes.table[batch.prefix[i]!], prefixText(batch, batch.prefix[i]!)],
    attrs,
    batch.pathId[i],
    listWords(batch.labelStacks, batch.labels[i]!).join(' '),
    batch.state[i],
  ];
}

const all = (batches: readonly ElemBatch[]) =>
  batches.flatMap((batch) => Array.from({ length: batch.length }, (_, i) => facts(batch, i)));

/** One batch of all, in time order; a message that time has torn apart begins again. */
function inTimeOrder(batch: ElemBatch): ElemBatch {
  const order = Array.from({ length: batch.length }, (_, i) => i).sort(
    (a, b) => batch.timeUs[a]! - batch.timeUs[b]! || a - b,
  );
  const builder = new BatchBuilder(batch.length || 1);
  const copier = new ElemCopier(builder);
  order.forEach((i, at) => {
    const isTorn = at === 0 || order[at - 1] !== i - 1;
    copier.copy(batch, i, batch.flags[i]! | (isTorn ? ELEM_FLAG.first : 0));
  });
  return builder.take();
}

function joined(batches: readonly ElemBatch[]): ElemBatch {
  const builder = new BatchBuilder(100_000);
  const copier = new ElemCopier(builder);
  for (const batch of batches) for (let i = 0; i < batch.length; i++) copier.copy(batch, i);
  return builder.take();
}

test('every value of every kind of elem comes back as it went in', async () => {
  await fc.assert(
    fc.asyncProperty(
      arbitraryBatch.filter(({ timeUs }) => timeUs.every((time) => time < 2 ** 50)),
      async (batch) => {
        const index = await archive(batch);
        expect(index.files.reduce((sum, { rows }) => sum + rows, 0)).toBe(batch.length);
        expect(all(await read(index))).toEqual(all([inTimeOrder(batch)]));
      },
    ),
    { numRuns: 40 },
  );
}, 60_000);

test('odd paths, communities and distinguishers that share a text stay apart', async () => {
  const builder = new BatchBuilder(10);
  const vantage = builder.vantages.intern('rrc00', 0, 65_000);
  const sequence = (asns: number[]) => [(2 << 8) | asns.length, ...asns];
  const paths = [[...sequence([1]), ...sequence([2])], sequence([1, 2]), sequence([]), [], [(9 << 8) | 1, 7]];
  const exts = [
    [0x0002_0064, 5],
    [0x0202_0000, (100 << 16) | 5],
  ];
  paths.forEach((path, i) => {
    const attrs = builder.attrSets.intern({
      flags: 0,
      origin: i,
      nextHop: 0,
      med: 0,
      localPref: 0,
      aggregatorAsn: 0,
      aggregatorAddress: 0,
      otc: 0,
      path: builder.paths.intern(Uint32Array.from(path), 0, path.length),
      communities: 0,
      largeCommunities: 0,
      extCommunities: builder.extCommunities.intern(Uint32Array.from(exts[i % 2]!), 0, 2),
    });
    const rd: [number, number] = [
      [0, 0x6400_0001],
      [100, 1],
      [0x2_0000, (100 << 16) | 1],
      [0x1_c000, 0x0201_0001],
      [0x7_0000, 9],
    ][i] as [number, number];
    builder.push(
      0,
      1,
      1e15,
      vantage,
      builder.prefixes.internVpn(2, 8, 0x0a00_0000, 0, 0, 0, ...rd),
      attrs,
      0,
      0,
    );
  });
  const batch = builder.take();
  expect(all(await read(await archive(batch)))).toEqual(all([batch]));
});

const FILTERS: [string, ElemFilter][] = [
  ['a prefix and what is inside', { prefixes: ['208.65.152.0/22'] }],
  ['a prefix alone', { prefixes: ['208.65.153.0/24'], moreSpecific: false }],
  ['what covers a prefix', { prefixes: ['208.65.153.7'], lessSpecific: true }],
  ['everything of a family', { prefixes: ['0.0.0.0/0', '::/0'] }],
  ['IPv6 with zeros', { prefixes: ['2001:0:1::/48', '2a02::/20'], lessSpecific: true }],
  ['an ASN on the path or as peer', { asns: [17557, 65_002] }],
  ['kinds', { kinds: ['withdraw', 'state'] }],
  ['tables and a peer', { tables: ['ipv6'], peers: ['192.0.2.1'] }],
];

test.each(FILTERS)('SQL lets through what the filter asks for: %s', async (_name, filter) => {
  const batch = elemBatch([
    { kind: 'A', prefix: '208.65.152.0/22', path: [65_001, 36_561] },
    { kind: 'A', prefix: '208.65.153.0/24', path: [65_001, 3491, 17_557], isSame: true },
    { kind: 'A', prefix: '208.65.153.7/32', path: [65_001, 3491, 117_557], peer: 2 },
    { kind: 'W', prefix: '208.64.0.0/10' },
    { kind: 'A', prefix: '0.0.0.0/0', path: [1, 17_557, 2] },
    { kind: 'A', prefix: '::/0', path: [1] },
    { kind: 'A', prefix: '2001:0:1::/48', path: [1, 2] },
    { kind: 'A', prefix: '2001:0:1:2::/64', path: [1, 2] },
    { kind: 'A', prefix: '2a02:800::/32', path: [1, 2] },
    { kind: 'R', prefix: '2a02:1000::/32', path: [1, 2] },
    { kind: 'A', prefix: '10.1.0.0/16', rd: 7, label: 100, path: [1], pathId: 3 },
    { kind: 'S' },
  ]);
  const want = filterBatch(batch, compileFilter(filter));
  expect(all(await read(await archive(batch), filter))).toEqual(want ? all([want]) : []);
});

test.each([['a\0b'], ['\ud800'], ["'; DROP TABLE elems; --"], ['a|b|c'], ['💥'], [''], ['x'.repeat(255)]])(
  'a collector may be called %j',
  async (collector) => {
    const index = await archive(
      elemBatch([
        { kind: 'A', collector },
        { kind: 'W', collector },
      ]),
    );
    const [batch] = await read(index);
    expect(batch!.length).toBe(2);
    // The wire's UTF-8 has no lone surrogates either.
    expect(batch!.collectors).toEqual([Buffer.from(collector).toString()]);
  },
);

test('announcements of an origin', async () => {
  const batch = elemBatch([{ kind: 'A', path: [1, 2] }, { kind: 'A', path: [2, 1] }, { kind: 'W' }]);
  expect((await read(await archive(batch), undefined, [2])).flatMap(elemRows)).toMatchObject([
    { path: '1 2' },
  ]);
});

const MRT = recording('mrt/youtube-pakistan-20080224/updates.20080224.1839.bz2');
test.skipIf(!MRT)(
  '15 minutes of real updates, also out of merged files',
  async () => {
    const whole = joined(mrtBatches(MRT!));
    const half = Math.floor(whole.length / 2);
    const part = (from: number, to: number): ElemBatch => {
      const builder = new BatchBuilder(whole.length);
      const copier = new ElemCopier(builder);
      for (let i = from; i < to; i++) copier.copy(whole, i);
      return builder.take();
    };
    const first = await archive(part(0, half), 1, 'first');
    const second = await archive(part(half, whole.length), half + 1, 'second');
    const index = { ...first, files: [...first.files, ...second.files] };
    const want = all([inTimeOrder(whole)]);
    expect(all(await read(index))).toEqual(want);
    const partition = index.files[0]!.partition;
    const inputs = index.files
      .filter((file) => file.partition === partition)
      .map(({ path }) => join(dir, path));
    expect(inputs.length).toBe(2);
    await mergeFiles(duck, inputs, join(dir, 'merged.parquet'), LEVEL.compacted);
    const rest = index.files.filter((file) => file.partition !== partition);
    const merged = indexed('merged.parquet', partition, await readFacts(duck, join(dir, 'merged.parquet')));
    expect(all(await read({ ...index, files: [merged, ...rest] }))).toEqual(want);
  },
  60_000,
);

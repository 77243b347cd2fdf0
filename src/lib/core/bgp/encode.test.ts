import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ElemBatch } from '../elem/batch.ts';
import { ATTR_FLAG, ELEM_FLAG, KIND, NONE, SEGMENT } from '../elem/batch.ts';
import { BatchBuilder } from '../elem/builder.ts';
import { elemRows } from '../elem/row.ts';
import { maskWord } from '../prefix/prefix.ts';
import type { EncodeOptions } from './encode.ts';
import { encodeEndOfRib, encodeUpdates } from './encode.ts';
import { UpdateDecoder } from './update.ts';

const word = fc.nat({ max: 0xffff_ffff });
const words4 = fc.tuple(word, word, word, word);

/** A prefix of any table, host bits zero. */
const prefix = fc
  .record({
    table: fc.nat({ max: 3 }),
    bits: fc.nat({ max: 128 }),
    words: words4,
    rd: fc.tuple(fc.nat({ max: 2 }), word, word),
  })
  .map(({ table, bits, words, rd: [rdType, rdTop, rdLow] }) => {
    const length = table & 1 ? bits : bits % 33;
    const masked = words.map((value, i) => (value & maskWord(length - i * 32)) >>> 0);
    if (!(table & 1)) masked.fill(0, 1);
    return { table, bits: length, words: masked, rd: [((rdType << 16) | (rdTop & 0xffff)) >>> 0, rdLow] };
  });

const asn = fc.oneof(fc.nat({ max: 0xffff }), word);
const segmentOf = (types: number[], of: fc.Arbitrary<number>) =>
  fc.record({ type: fc.constantFrom(...types), asns: fc.array(of, { minLength: 1, maxLength: 8 }) });
/** Confederation segments lead (RFC 5065 §5), and AS4_PATH cannot carry their ASNs (RFC 6793 §3): those fit two octets. */
const path = fc
  .tuple(
    fc.array(segmentOf([SEGMENT.confedSequence, SEGMENT.confedSet], fc.nat({ max: 0xffff })), {
      maxLength: 2,
    }),
    fc.array(segmentOf([SEGMENT.sequence, SEGMENT.set], asn), { maxLength: 4 }),
  )
  .map(([confederation, rest]) => [...confederation, ...rest]);

const attributes = fc.record({
  origin: fc.nat({ max: 2 }),
  path,
  nextHop: words4,
  nextHopIsV6: fc.boolean(),
  med: fc.option(word),
  localPref: fc.option(word),
  atomicAggregate: fc.boolean(),
  aggregator: fc.option(fc.tuple(word, word)),
  otc: fc.option(word),
  communities: fc.array(word, { maxLength: 70 }),
  extCommunities: fc.array(fc.tuple(word, word), { maxLength: 3 }),
  largeCommunities: fc.array(fc.tuple(word, word, word), { maxLength: 3 }),
});

/** A label that a reader cannot take for the end of the stack: neither 0 nor 0x80000 may stand above the bottom. */
const upperLabel = fc.integer({ min: 16, max: 0x7_ffff });
const labelStack = fc
  .tuple(fc.array(upperLabel, { maxLength: 1 }), fc.nat({ max: 0xf_ffff }))
  .map(([up, low]) => [...up, low]);
const entry = fc.record({ prefix, pathId: word, labels: labelStack });

const message = fc.record({
  withdrawn: fc.array(entry, { maxLength: 6 }),
  announced: fc.array(entry, { maxLength: 6 }),
  attributes,
  addPath: fc.boolean(),
});
type Message = typeof message extends fc.Arbitrary<infer M> ? M : never;

function internAttributes(builder: BatchBuilder, a: Message['attributes'], table: number): number {
  const intern = (list: number[], table: BatchBuilder['paths']): number =>
    table.intern(Uint32Array.from(list), 0, list.length);
  const isV6 = (table & 1) === 1 || a.nextHopIsV6;
  const [w0, w1, w2, w3] = a.nextHop;
  let flags = 0;
  if (a.med !== null) flags |= ATTR_FLAG.med;
  if (a.localPref !== null) flags |= ATTR_FLAG.localPref;
  if (a.atomicAggregate) flags |= ATTR_FLAG.atomicAggregate;
  if (a.aggregator !== null) flags |= ATTR_FLAG.aggregator;
  if (a.otc !== null) flags |= ATTR_FLAG.otc;
  return builder.attrSets.intern({
    flags,
    origin: a.origin,
    path: intern(
      a.path.flatMap(({ type, asns }) => [(type << 8) | asns.length, ...asns]),
      builder.paths,
    ),
    nextHop: isV6
      ? builder.addresses.intern(true, w0, w1, w2, w3)
      : builder.addresses.intern(false, w0, 0, 0, 0),
    med: a.med ?? 0,
    localPref: a.localPref ?? 0,
    aggregatorAsn: a.aggregator?.[0] ?? 0,
    aggregatorAddress: a.aggregator?.[1] ?? 0,
    otc: a.otc ?? 0,
    communities: intern(a.communities, builder.communities),
    extCommunities: intern(a.extCommunities.flat(), builder.extCommunities),
    largeCommunities: intern(a.largeCommunities.flat(), builder.largeCommunities),
  });
}

/** The batch a decoder would make of the message, except that its elems may stand in any order. */
function batchOf(m: Message): ElemBatch {
  const builder = new BatchBuilder();
  const vantage = builder.vantages.intern('rrc00', 0, 65001);
  const push = (
    kind: number,
    { prefix: p, pathId, labels }: Message['announced'][number],
    attrs: number,
  ): void => {
    const flags = (builder.length === 0 ? ELEM_FLAG.first : 0) | (m.addPath ? ELEM_FLAG.addPath : 0);
    const isVpn = p.table > 1;
    const [w0, w1, w2, w3] = p.words as [number, number, number, number];
    const key = builder.prefixes.internVpn(
      p.table,
      p.bits,
      w0,
      w1,
      w2,
      w3,
      isVpn ? p.rd[0]! : 0,
      isVpn ? p.rd[1]! : 0,
    );
    const hasLabels = isVpn && kind === KIND.announce;
    const stack = hasLabels ? builder.labelStacks.intern(Uint32Array.from(labels), 0, labels.length) : 0;
    builder.push(kind, flags, 1e15, vantage, key, attrs, m.addPath ? pathId : 0, stack);
  };
  for (const item of m.withdrawn) push(KIND.withdraw, item, NONE);
  for (const item of m.announced)
    push(KIND.announce, item, internAttributes(builder, m.attributes, item.prefix.table));
  return builder.take();
}

function decodeAll(messages: readonly Uint8Array[], as4: boolean, addPath: boolean): ElemBatch {
  const builder = new BatchBuilder();
  const decoder = new UpdateDecoder(builder);
  const vantage = builder.vantages.intern('rrc00', 0, 65001);
  for (const bytes of messages) {
    decoder.decodeMessage(bytes, 0, bytes.length, {
      timeUs: 1e15,
      vantage,
      flags: 0,
      as4,
      addPath,
      internal: false,
    });
  }
  expect(
    decoder.stats.addPathGuesses + decoder.stats.treatAsWithdraw + decoder.stats.attributesDiscarded,
  ).toBe(0);
  return builder.take();
}

const texts = (batch: ElemBatch): string[] =>
  elemRows(batch)
    .map((row) => JSON.stringify(row))
    .sort();

describe('encodeUpdates', () => {
  test.each([
    ['four-octet ASNs', true],
    ['two-octet ASNs with AS4_PATH and AS4_AGGREGATOR', false],
  ])('decode(encode(elems)) = elems, %s', (_name, as4) => {
    fc.assert(
      fc.property(message, (m) => {
        const batch = batchOf(m);
        const back = decodeAll(
          encodeUpdates(batch, 0, batch.length, { as4, addPath: m.addPath }),
          as4,
          m.addPath,
        );
        expect(texts(back)).toEqual(texts(batch));
      }),
      { numRuns: 400, seed: 6793 },
    );
  });

  test('encode(decode(bytes)) = bytes, for every message the encoder writes', () => {
    fc.assert(
      fc.property(message, (m) => {
        const batch = batchOf(m);
        const options: EncodeOptions = { addPath: m.addPath };
        for (const bytes of encodeUpdates(batch, 0, batch.length, options)) {
          const back = decodeAll([bytes], true, m.addPath);
          expect(encodeUpdates(back, 0, back.length, options)).toEqual([bytes]);
        }
      }),
      { numRuns: 400, seed: 4271 },
    );
  });

  test('splits what does not fit, and loses nothing', () => {
    const builder = new BatchBuilder();
    const vantage = builder.vantages.intern('rrc00', 0, 65001);
    for (let i = 0; i < 3000; i++) {
      const key = builder.prefixes.intern(0, 24, (0x0a00_0000 + i * 256) >>> 0, 0, 0, 0);
      builder.push(KIND.withdraw, i === 0 ? ELEM_FLAG.first : 0, 1e15, vantage, key, NONE, 0, 0);
    }
    const batch = builder.take();
    const messages = encodeUpdates(batch, 0, 3000);
    expect(messages.length).toBeGreaterThan(2);
    expect(Math.max(...messages.map((bytes) => bytes.length))).toBeLessThanOrEqual(4096);
    expect(decodeAll(messages, true, false).length).toBe(3000);
    expect(encodeUpdates(batch, 0, 3000, { maxBytes: 65535 })).toHaveLength(1);
  });

  test('attributes too long for any message are an error, not a wrong message', () => {
    const builder = new BatchBuilder();
    const vantage = builder.vantages.intern('rrc00', 0, 65001);
    const list = Uint32Array.from({ length: 1100 }, (_, i) => i);
    const attrs = builder.attrSets.intern({
      flags: 0,
      origin: 0,
      path: 0,
      nextHop: 0,
      med: 0,
      localPref: 0,
      aggregatorAsn: 0,
      aggregatorAddress: 0,
      otc: 0,
      communities: builder.communities.intern(list, 0, list.length),
      extCommunities: 0,
      largeCommunities: 0,
    });
    builder.push(
      KIND.announce,
      ELEM_FLAG.first,
      0,
      vantage,
      builder.prefixes.intern(0, 8, 0x0a00_0000, 0, 0, 0),
      attrs,
      0,
      0,
    );
    const batch = builder.take();
    expect(() => encodeUpdates(batch, 0, 1)).toThrow(expect.objectContaining({ code: 'BGP_BAD_LENGTH' }));
    expect(encodeUpdates(batch, 0, 1, { maxBytes: 65535 })[0]!.length).toBeGreaterThan(4400);
  });
});

test.each([
  [1, 1, 23],
  [2, 1, 29],
  [1, 128, 29],
])('encodeEndOfRib(%i, %i) is an End-of-RIB of %i bytes', (afi, safi, length) => {
  const bytes = encodeEndOfRib(afi, safi);
  const builder = new BatchBuilder();
  const decoder = new UpdateDecoder(builder);
  const context = { timeUs: 0, vantage: 0, flags: 0, as4: true, addPath: false, internal: false };
  decoder.decodeMessage(bytes, 0, bytes.length, context);
  expect([bytes.length, decoder.stats.endOfRib, builder.length]).toEqual([length, 1, 0]);
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BgpError } from '../error.ts';
import { parsePrefix } from '../prefix/prefix.ts';
import { crc32 } from '../wire/crc32.ts';
import { aspaSetOf, eachAspa } from './aspa-set.ts';
import { advance, decodeCompact, encodeDelta, encodeSnapshot } from './compact.ts';
import type { RpkiData } from './data.ts';
import { diffRpki, rpkiDigest } from './data.ts';
import { eachVrp, VrpBuilder } from './vrp-set.ts';

/** Any prefix of either family: host bits are masked by the parser. */
const prefix = fc.oneof(
  fc.tuple(fc.ipV4(), fc.nat({ max: 32 })).map(([ip, bits]) => parsePrefix(`${ip}/${bits}`)),
  fc
    .tuple(fc.array(fc.nat({ max: 0xffff }), { minLength: 8, maxLength: 8 }), fc.nat({ max: 128 }))
    .map(([groups, bits]) => parsePrefix(`${groups.map((g) => g.toString(16)).join(':')}/${bits}`)),
  fc.constantFrom('0.0.0.0/0', '::/0', '2001:db8::/48', '2001:db8::/49', '2001:db8::1/128').map(parsePrefix),
);
const asn = fc.oneof(fc.nat({ max: 0xffff_ffff }), fc.constantFrom(0, 1, 0xffff_ffff));
const data = fc
  .record({
    vrps: fc.array(fc.tuple(prefix, fc.nat({ max: 128 }), asn, fc.constantFrom('', 'ripe', 'ärin')), {
      maxLength: 40,
    }),
    aspas: fc.array(fc.record({ customer: asn, providers: fc.array(asn, { maxLength: 6 }) }), {
      maxLength: 8,
    }),
    session: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
    serial: fc.nat(),
    generatedS: fc.nat(),
  })
  .map(({ vrps, aspas, session, serial, generatedS }): RpkiData => {
    const builder = new VrpBuilder();
    for (const [key, extra, origin, anchor] of vrps) {
      const maxLength = Math.min(key.isV6 ? 128 : 32, key.bits + extra);
      builder.add(key, maxLength, origin, builder.trustAnchor(anchor));
    }
    const version = { session: session.toString(), serial, generatedS };
    return { version, vrps: builder.build(), aspas: aspaSetOf(aspas) };
  });

const content = (d: Pick<RpkiData, 'vrps' | 'aspas'>): unknown => [
  [...eachVrp(d.vrps)],
  [...eachAspa(d.aspas)],
];
const code = (bytes: Uint8Array): string => {
  try {
    decodeCompact(bytes);
  } catch (error) {
    if (error instanceof BgpError) return error.code;
    throw error;
  }
  return 'fine';
};

test('a snapshot comes back as it was', () => {
  fc.assert(
    fc.property(data, (d) => {
      const back = decodeCompact(encodeSnapshot(d));
      if (back.kind !== 'snapshot') throw new Error(back.kind);
      expect(back.data.version).toEqual(d.version);
      expect(content(back.data)).toEqual(content(d));
    }),
  );
});

test('a delta leads from the one to the other, and the digest proves it', () => {
  fc.assert(
    fc.property(data, data, (from, to) => {
      const delta = decodeCompact(encodeDelta(diffRpki(from, to), from.version, to));
      if (delta.kind !== 'delta') throw new Error(delta.kind);
      const { data: after, misfits } = advance(from, delta);
      expect(after.version).toEqual(to.version);
      expect(rpkiDigest(after)).toBe(rpkiDigest(to));
      expect(misfits).toBe(0);
    }),
  );
});

/** Two VRPs and an ASPA, small enough to read. */
function small(): RpkiData {
  const builder = new VrpBuilder();
  builder.add(parsePrefix('192.0.2.0/24'), 25, 65001, builder.trustAnchor('ripe'));
  builder.add(parsePrefix('2001:db8:e::/52'), 64, 65002);
  const aspas = aspaSetOf([{ customer: 65001, providers: [1, 300] }]);
  return { version: { session: '7', serial: 5, generatedS: 100 }, vrps: builder.build(), aspas };
}

describe('the format', () => {
  test('golden snapshot (docs/rpki.md §3)', () => {
    const hex = Buffer.from(encodeSnapshot(small())).toString('hex');
    const body =
      '52535250' + // magic
      '0100' + // format 1, snapshot
      '0137' + // session "7"
      '05' + // serial
      '64' + // generated
      rpkiDigest(small()).toString(16).padStart(8, '0') +
      '02' + // two trust anchor names
      '00' + // ""
      '0472697065' + // "ripe"
      '01' + // IPv4: one prefix
      '18' + // /24
      '82808006' + // 192.0.2.0 in steps of a /24: 0xc00002
      '00' + // one VRP
      '01' + // maxLength 24 + 1
      'e9fb03' + // AS65001
      '01' + // ripe
      '01' + // IPv6: one prefix
      '34' + // /52
      leb128(0x2001_0db8_000en) + // the first 48 bits of 2001:db8:e::, as they are
      '00' + // byte 6: the bits beyond /48
      '00' + // one VRP
      '0c' + // maxLength 52 + 12
      'eafb03' + // AS65002
      '00' + // no name
      '01' + // one ASPA
      'e9fb03' + // customer
      '02' + // two providers
      '01' + // AS1
      'aa02'; // 298 further: AS300
    const crc = crc32(Buffer.from(body, 'hex')).toString(16).padStart(8, '0');
    expect(hex).toBe(body + crc);
  });

  test('cut anywhere it is refused', () => {
    const bytes = encodeSnapshot(small());
    for (let length = 0; length < bytes.length; length++) {
      expect(code(bytes.subarray(0, length))).toBe('RPKI_BAD_DATA');
    }
  });

  test('a flipped bit is noticed', () => {
    const bytes = encodeSnapshot(small());
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const bad = bytes.slice();
      bad[bit >> 3]! ^= 1 << (bit & 7);
      expect(code(bad)).toBe(bit >> 3 === 4 ? 'RPKI_VERSION' : 'RPKI_BAD_DATA');
    }
  });

  test('whatever follows a good checksum, decoding ends in data or a code', () => {
    const bytes = encodeSnapshot(small());
    const edits = fc.array(fc.tuple(fc.nat({ max: bytes.length - 11 }), fc.nat({ max: 255 })), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(edits, fc.nat({ max: bytes.length }), (list, cut) => {
        const bad = new Uint8Array(bytes.subarray(0, Math.max(14, cut)));
        for (const [at, value] of list) bad[6 + (at % (bad.length - 10))] = value;
        new DataView(bad.buffer).setUint32(bad.length - 4, crc32(bad.subarray(0, bad.length - 4)));
        expect(['fine', 'RPKI_BAD_DATA', 'RPKI_TOO_LARGE']).toContain(code(bad));
      }),
      { numRuns: 5000 },
    );
  });

  test('a count of a billion allocates nothing', () => {
    const body = Buffer.from('52535250010001370564' + '00000000' + '0100' + 'ffffffff03', 'hex');
    const bytes = new Uint8Array(body.length + 4);
    bytes.set(body);
    new DataView(bytes.buffer).setUint32(body.length, crc32(body));
    expect(code(bytes)).toBe('RPKI_TOO_LARGE');
  });
});

function leb128(value: bigint): string {
  let hex = '';
  for (let rest = value; ; rest >>= 7n) {
    const byte = Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0);
    hex += byte.toString(16).padStart(2, '0');
    if (rest <= 0x7fn) return hex;
  }
}

describe('a delta that does not belong', () => {
  const from = small();
  const to: RpkiData = { ...from, version: { session: '7', serial: 6, generatedS: 160 } };
  const delta = decodeCompact(encodeDelta(diffRpki(from, to), from.version, to)) as Parameters<
    typeof advance
  >[1];

  test.each([
    ['another session', { ...from, version: { ...from.version, session: '8' } }],
    ['another serial', { ...from, version: { ...from.version, serial: 4 } }],
    ['other data', { ...from, aspas: aspaSetOf([]) }],
  ])('%s', (_name, base) => {
    expect(() => advance(base, delta)).toThrow(expect.objectContaining({ code: 'RPKI_BAD_DELTA' }));
  });

  test('an empty one only moves the version on', () => {
    expect(advance(from, delta).data.version).toEqual(to.version);
  });
});

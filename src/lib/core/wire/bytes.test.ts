import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteReader, ByteWriter, decodeUtf8, encodeUtf8 } from './bytes.ts';

test('numbers survive, whatever their size', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(0xffff_ffff)), fc.array(fc.maxSafeNat()), (small, large) => {
      const writer = new ByteWriter(1);
      for (const value of small) writer.varint(value);
      for (const value of large) writer.varint53(value);
      const reader = new ByteReader(writer.take());
      expect(small.map(() => reader.varint())).toEqual(small);
      expect(large.map(() => reader.varint53())).toEqual(large);
      expect(reader.left).toBe(0);
    }),
  );
});

test.each([
  ['largest 32-bit number', 0xffff_ffff, [0xff, 0xff, 0xff, 0xff, 0x0f]],
  ['largest in one byte', 127, [0x7f]],
  ['smallest in two', 128, [0x80, 0x01]],
])('%s', (_name, value, bytes) => {
  const writer = new ByteWriter();
  writer.varint(value);
  expect([...writer.take()]).toEqual(bytes);
});

test.each([
  ['33 bits', [0xff, 0xff, 0xff, 0xff, 0x1f], 'varint'],
  ['six bytes', [0x80, 0x80, 0x80, 0x80, 0x80, 0x00], 'varint'],
  ['no end', [0x80], 'varint'],
  ['54 bits', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f], 'varint53'],
  ['nine bytes', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00], 'varint53'],
] as const)('a varint of %s is refused', (_name, bytes, method) => {
  expect(() => new ByteReader(Uint8Array.from(bytes))[method]()).toThrow('WIRE_BAD_FRAME');
});

test('a count is bounded by the bytes left', () => {
  expect(new ByteReader(Uint8Array.of(2, 0, 0)).count(9, 'things')).toBe(2);
  expect(() => new ByteReader(Uint8Array.of(3, 0, 0)).count(9, 'things')).toThrow('3 things');
  expect(() => new ByteReader(Uint8Array.of(2, 0, 0)).count(1, 'things')).toThrow('2 things');
});

const codePoint = fc.oneof(fc.nat(0x7f), fc.nat(0x7ff), fc.nat(0xffff), fc.nat(0x10_ffff));

test('UTF-8 is what the platform makes of it', () => {
  fc.assert(
    fc.property(fc.array(codePoint, { maxLength: 20 }), (codes) => {
      const text = String.fromCodePoint(...codes);
      const bytes = encodeUtf8(text);
      expect(bytes).toEqual(new TextEncoder().encode(text));
      expect(decodeUtf8(bytes)).toBe(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
    }),
  );
});

test('UTF-8 that is not well-formed is refused as the platform does', () => {
  const strict = (bytes: Uint8Array): string | null => {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      return null;
    }
  };
  const byte = fc.oneof(
    fc.nat(255),
    fc.constantFrom(0x80, 0xbf, 0xc0, 0xc2, 0xe0, 0xed, 0xf0, 0xf4, 0xf5, 0xff),
  );
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 6 }), (given) => {
      const bytes = Uint8Array.from(given);
      expect(decodeUtf8(bytes)).toBe(strict(bytes));
    }),
    { numRuns: 5000 },
  );
});

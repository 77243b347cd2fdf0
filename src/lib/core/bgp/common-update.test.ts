import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HAS_DATA, readData } from '../../../../tests/data.ts';
import { BatchBuilder } from '../elem/builder.ts';
import type { ElemRow } from '../elem/row.ts';
import { elemRows } from '../elem/row.ts';
import { MrtDecoder } from '../mrt/decoder.ts';
import { attribute, body, decode, GOOD, NEXT_HOP, NLRI, ORIGIN, PATH, REST } from './update.fixture.ts';
import { UpdateDecoder } from './update.ts';

/** An attribute that no RFC defines: it changes nothing but takes the message off the common way. */
const UNKNOWN = attribute('c0', 99, '');

/** A well-known attribute of the extended length form. */
const longAttribute = (type: number, value: string): string =>
  attribute('50', type, '').slice(0, 4) + (value.length / 2).toString(16).padStart(4, '0') + value;

/** The MRT records of `bytes` with `UNKNOWN` behind the attributes of each BGP4MP UPDATE of two-octet ASNs that announces. */
function withUnknown(bytes: Uint8Array): Uint8Array {
  const extra = [0xc0, 99, 0];
  const out: number[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < bytes.length;) {
    const end = at + 12 + view.getUint32(at + 8);
    const message = at + 12 + 16;
    const isUpdate = view.getUint32(at + 4) === 0x0010_0001 && bytes[message + 18] === 2;
    const withdrawnEnd = isUpdate ? message + 21 + view.getUint16(message + 19) : 0;
    const attrsBytes = isUpdate ? view.getUint16(withdrawnEnd) : 0;
    if (attrsBytes === 0) {
      out.push(...bytes.subarray(at, end));
    } else {
      const record = [...bytes.subarray(at, end)];
      const put = (where: number, value: number, octets: number): void => {
        for (let i = 0; i < octets; i++) record[where - at + i] = (value >>> (8 * (octets - 1 - i))) & 0xff;
      };
      put(at + 8, view.getUint32(at + 8) + 3, 4);
      put(message + 16, view.getUint16(message + 16) + 3, 2);
      put(withdrawnEnd, attrsBytes + 3, 2);
      record.splice(withdrawnEnd + 2 + attrsBytes - at, 0, ...extra);
      out.push(...record);
    }
    at = end;
  }
  return Uint8Array.from(out);
}

function rows(bytes: Uint8Array): ElemRow[] {
  const all: ElemRow[] = [];
  const decoder = new MrtDecoder({ collector: 'test' }, (batch) => all.push(...elemRows(batch)));
  decoder.push(bytes);
  decoder.end();
  expect(decoder.stats.damaged).toBe(0);
  return all;
}

describe('the common way gives what the general way gives', () => {
  test.skipIf(!HAS_DATA)('20,000 real messages, each with and without an unknown attribute', () => {
    const bytes = readData('mrt/youtube-pakistan-20080224/updates.20080223.1816.bz2');
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let end = 0;
    for (let i = 0; i < 20_000 && end < bytes.length; i++) end += 12 + view.getUint32(end + 8);
    const plain = rows(bytes.subarray(0, end));
    expect(plain.length).toBeGreaterThan(10_000);
    expect(rows(withUnknown(bytes.subarray(0, end)))).toEqual(plain);
  });

  test('any attributes, sound or not, in any order', () => {
    const octets = fc.uint8Array({ maxLength: 12 }).map((value) => Buffer.from(value).toString('hex'));
    const arbitrary = fc
      .tuple(
        fc.constantFrom('40', '80', 'c0', '50', '00'),
        fc.constantFrom(1, 2, 3, 4, 5, 6, 7, 8, 16, 32, 35),
        octets,
      )
      .map(([flags, type, value]) =>
        flags === '50' ? longAttribute(type, value) : attribute(flags, type, value),
      );
    const sound = fc.constantFrom(
      ORIGIN,
      PATH,
      NEXT_HOP,
      attribute('80', 4, 'ffffffff'),
      attribute('40', 5, '80000000'),
      attribute('40', 6, ''),
      attribute('c0', 7, 'fffffffe c0000201'),
      attribute('c0', 8, 'ffffffff 00010002'),
    );
    const block = fc
      .array(fc.oneof({ weight: 8, arbitrary: sound }, { weight: 1, arbitrary }), { maxLength: 9 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(block, fc.boolean(), fc.constantFrom('', '10 c000', '00'), (attributes, as4, withdrawn) => {
        const nlri = `${NLRI} 20 c0000201 00 08 0a`;
        const common = decode(body(withdrawn, attributes, nlri), { as4 });
        const general = decode(body(withdrawn, UNKNOWN + attributes, nlri), { as4 });
        expect(common.rows).toEqual(general.rows);
        expect(common.stats).toEqual(general.stats);
      }),
      { numRuns: 2000 },
    );
  });

  test('a message without attributes does not get those of the message before', () => {
    const builder = new BatchBuilder();
    const decoder = new UpdateDecoder(builder);
    const context = { timeUs: 0, vantage: builder.vantages.intern('test', 0, 1), flags: 0, ...REST };
    for (const bytes of [body('', UNKNOWN + GOOD, NLRI), body('', '', NLRI)]) {
      decoder.decodeBody(bytes, 0, bytes.length, context);
    }
    expect(elemRows(builder.take()).map((row) => [row.kind, row.treatAsWithdraw])).toEqual([
      ['announce', undefined],
      ['withdraw', true],
    ]);
  });
});

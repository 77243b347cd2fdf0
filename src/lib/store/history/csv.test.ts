import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeCsv, encodeCsvHeader, encodeCsvRows } from './csv.ts';
import type { ResultColumn } from './result.ts';

const column = (name: string, kind: ResultColumn['kind'], values: ResultColumn['values']): ResultColumn => ({
  name,
  kind,
  type: '',
  values,
});

test('writes times, quotes, numbers and NULL as RFC 4180 has it', () => {
  const columns = [
    column('time', 'time', [1_203_878_877_000_001, null]),
    column('path "x"', 'text', ['1 2,3', '']),
    column('n', 'number', [12, -0.5]),
  ];
  expect(encodeCsvHeader(columns) + encodeCsvRows(columns)).toBe(
    'time,"path ""x""",n\r\n2008-02-24T18:47:57.000001Z,"1 2,3",12\r\n,"",-0.5\r\n',
  );
});

test('what is written is read back, NULL apart from empty', () => {
  const value = fc.option(fc.string({ unit: 'grapheme', maxLength: 12 }), { nil: null });
  fc.assert(
    fc.property(fc.array(fc.tuple(value, value), { maxLength: 20 }), (rows) => {
      const columns = [0, 1].map((i) =>
        column(
          `c${i}`,
          'text',
          rows.map((row) => row[i]!),
        ),
      );
      const read = decodeCsv(encodeCsvHeader(columns) + encodeCsvRows(columns));
      expect(read.names).toEqual(['c0', 'c1']);
      expect(read.columns).toEqual(columns.map(({ values }) => values));
    }),
  );
});

test('takes bare line feeds, a byte order mark, short rows, empty lines and names given twice', () => {
  const table = decodeCsv('\ufeffa,a,\n1\n\n"2","x\ny",3\n');
  expect(table).toEqual({
    names: ['a', 'a_2', 'column3'],
    columns: [
      ['1', '2'],
      [null, 'x\ny'],
      [null, '3'],
    ],
    rows: 2,
  });
});

test.each([
  ['', 'names of its columns'],
  [',,\n1,2,3', 'names of its columns'],
  ['a,b\n1,2,3', '3 fields under 2 names'],
  ['a\n"never', 'a quote has no end'],
])('refuses %j', (text, reason) => {
  expect(() => decodeCsv(text)).toThrow(expect.objectContaining({ code: 'HISTORY_FILE_BAD' }));
  expect(() => decodeCsv(text)).toThrow(reason);
});

import { tableFromIPC } from 'apache-arrow';
import { expect, test } from 'vitest';
import { elemRows } from '#core/elem/row.ts';
import { elemBatch } from '../../../../tests/fixtures/elem-batch.ts';
import { encodeElems } from './elem-arrow.ts';
import { appendRows, columnsOf } from './result.ts';
import { ELEM_COLUMNS } from './schema.ts';

const batch = elemBatch([
  { kind: 'A', atS: 0, prefix: '208.65.153.0/24', path: [65_001, 3491, 17_557] },
  { kind: 'W', atS: 1, prefix: '2001:db8::/32', peer: 2 },
  { kind: 'S', atS: 2, state: 'established' },
  { kind: 'R', atS: 3, prefix: '208.65.153.0/24', path: [65_001, 36_561] },
]);

function read(ipc: Uint8Array): Record<string, unknown[]> {
  const table = tableFromIPC(ipc);
  const columns = columnsOf(table.schema);
  for (const part of table.batches) appendRows(columns, part, part.numRows);
  return Object.fromEntries(columns.map(({ name, values }) => [name, values]));
}

test('the columns are the table’s, in its order, and say what the elems say', () => {
  const columns = read(encodeElems([{ batch, rows: null, source: 'test' }], 1_700_000_000_000));
  expect(Object.keys(columns)).toEqual(ELEM_COLUMNS.map(([name]) => name));
  const rows = elemRows(batch);
  expect(columns['time']).toEqual(rows.map(({ timeUs }) => timeUs));
  expect(columns['kind']).toEqual(['announce', 'withdraw', 'state', 'rib']);
  expect(columns['peer']).toEqual(rows.map(({ peerAddress }) => peerAddress));
  expect(columns['peer_asn']).toEqual(rows.map(({ peerAsn }) => peerAsn));
  expect(columns['prefix']).toEqual(rows.map(({ prefix }) => prefix ?? null));
  expect(columns['family']).toEqual(['ipv4', 'ipv6', null, 'ipv4']);
  expect(columns['path']).toEqual(['65001 3491 17557', null, null, '65001 36561']);
  expect(columns['origin_asn']).toEqual([17_557, null, null, 36_561]);
  expect(columns['new_state']).toEqual([null, null, 6, null]);
  expect(columns['source']).toEqual(['test', 'test', 'test', 'test']);
  expect(columns['recorded']).toEqual(Array(4).fill(1_700_000_000_000_000));
});

test('only the rows named are stored, of several batches in order', () => {
  const slices = [
    { batch, rows: Uint32Array.of(1, 3), source: 'a' },
    { batch, rows: null, source: 'b' },
  ];
  const columns = read(encodeElems(slices, 0));
  expect(columns['kind']).toEqual(['withdraw', 'rib', 'announce', 'withdraw', 'state', 'rib']);
  expect(columns['source']).toEqual(['a', 'a', 'b', 'b', 'b', 'b']);
});

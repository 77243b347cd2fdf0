import { Table, tableFromIPC, tableToIPC } from 'apache-arrow';
import { BgpError } from '#core/error.ts';
import { decodeCsv } from './csv.ts';
import { parquetToArrow } from './parquet.ts';
import { utf8Vector } from './utf8.ts';

/** What a file turned out to be. */
export type FileFormat = 'parquet' | 'arrow' | 'csv';

const startsWith = (bytes: Uint8Array, text: string): boolean =>
  [...text].every((char, i) => bytes[i] === char.charCodeAt(0));

/** The format by the first bytes; what is neither Parquet nor Arrow and looks like text counts as CSV. */
export function formatOf(bytes: Uint8Array): FileFormat | null {
  if (startsWith(bytes, 'PAR1')) return 'parquet';
  if (startsWith(bytes, 'ARROW1') || startsWith(bytes, '\xff\xff\xff\xff')) return 'arrow';
  const head = bytes.subarray(0, 4096);
  const isText = head.length > 0 && !head.some((byte) => byte < 9 || (byte > 13 && byte < 32));
  return isText ? 'csv' : null;
}

/**
 * A file as an Arrow IPC stream.
 *
 * @throws {BgpError} HISTORY_FILE_BAD
 */
export async function fileToArrow(
  bytes: Uint8Array,
): Promise<{ format: FileFormat; ipc: Uint8Array; rows: number }> {
  const format = formatOf(bytes);
  if (format === null) {
    throw new BgpError('HISTORY_FILE_BAD', 'neither a recording (.rsl) nor Parquet, Arrow IPC or CSV');
  }
  const raw = format === 'parquet' ? await parquetToArrow(bytes) : bytes;
  const table = format === 'csv' ? csvTable(bytes) : readArrow(raw);
  if (table.numCols === 0) throw new BgpError('HISTORY_FILE_BAD', 'a table without columns');
  // Read and written again here, so that the database gets no offsets of somebody else's making.
  return { format, ipc: format === 'parquet' ? raw : tableToIPC(table, 'stream'), rows: table.numRows };
}

function readArrow(bytes: Uint8Array): Table {
  try {
    const table = tableFromIPC(bytes);
    // Reading is lazy: damage shows when values are touched.
    for (const vector of table.data.length === 0
      ? []
      : table.schema.fields.map(({ name }) => table.getChild(name))) {
      vector?.get(vector.length - 1);
    }
    return table;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.slice(0, 200) : 'unknown error';
    throw new BgpError('HISTORY_FILE_BAD', `not Arrow IPC that can be read: ${reason}`, { cause });
  }
}

function csvTable(bytes: Uint8Array): Table {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new BgpError('HISTORY_FILE_BAD', 'a CSV file that is not UTF-8', { cause });
  }
  const { names, columns } = decodeCsv(text);
  return new Table(Object.fromEntries(names.map((name, i) => [name, utf8Vector(columns[i]!)])));
}

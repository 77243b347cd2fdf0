import { join } from 'node:path';
import { sortedFiles } from './commit.ts';
import { quote } from './duck.ts';
import { TEMPORARY_FOLDER } from './file-writer.ts';
import type { IndexedFile } from './index-file.ts';
import type { ArchiveParts } from './parts.ts';

/** A row of incidents or feature windows: flat; lists and objects as JSON text. */
export type PlainRow = Readonly<Record<string, string | number | boolean | null>>;

/**
 * Archive rows that are not elems. An incident has at least `id`, and `prefixes` and `asns` as JSON lists of text, which the daily
 * sums count; the other columns are the caller's. The rows are archived when this resolves.
 *
 * @param day `date=2008-02-24`: data time. @throws {BgpError} ARCHIVE_NO_SPACE and the like
 */
export async function appendRows(
  archive: ArchiveParts,
  kind: 'incidents' | 'features',
  day: string,
  rows: readonly PlainRow[],
): Promise<IndexedFile | null> {
  if (rows.length === 0) return null;
  return archive.exclusive(async () => {
    const text = join(archive.dir, TEMPORARY_FOLDER, `${process.pid}-${kind}.ndjson`);
    await archive.fs.remove(text);
    const file = await archive.fs.create(text);
    try {
      await file.write(Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join('')), 0);
    } finally {
      await file.close();
    }
    try {
      const written = await archive.writer.writeOther(kind, day, (path) =>
        archive.duck.connection.run(
          `COPY (SELECT * FROM read_json(${quote(text)}, format = 'newline_delimited', columns = ${columnsOf(rows)}))
           TO ${quote(path)} (FORMAT parquet, COMPRESSION zstd)`,
        ),
      );
      await archive.keeper.change((index) => ({
        ...index,
        files: sortedFiles([...index.files.filter(({ path }) => path !== written.path), written]),
      }));
      return written;
    } finally {
      await archive.fs.remove(text);
    }
  });
}

/** Columns of all rows with their types, as DuckDB's struct literal. Nothing is guessed from texts: `2008` in one stays a text. */
function columnsOf(rows: readonly PlainRow[]): string {
  const types = new Map<string, string | undefined>();
  for (const row of rows) {
    for (const [name, value] of Object.entries(row)) types.set(name, widerType(types.get(name), value));
  }
  return `{${[...types].map(([name, type]) => `${quote(name)}: ${quote(type ?? 'VARCHAR')}`).join(', ')}}`;
}

function widerType(known: string | undefined, value: PlainRow[string]): string | undefined {
  if (value === null) return known;
  if (typeof value === 'string') return 'VARCHAR';
  if (typeof value === 'boolean') return known === undefined || known === 'BOOLEAN' ? 'BOOLEAN' : 'VARCHAR';
  const type = Number.isSafeInteger(value) ? 'BIGINT' : 'DOUBLE';
  return known === undefined || known === 'BIGINT' ? type : known;
}

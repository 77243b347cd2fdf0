import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { ElemRow } from '#core/elem/row.ts';
import type { Engine, SqlRow, Writer } from './engine.ts';
import { CREATE_TABLES, literal } from './schema.ts';

/** The same DuckDB, in Node: what the history's SQL is tried on. */
export class NodeEngine implements Pick<Engine, 'rows' | 'write'> {
  readonly connection: DuckDBConnection;

  constructor(connection: DuckDBConnection) {
    this.connection = connection;
  }

  async rows(sql: string): Promise<SqlRow[]> {
    const reader = await this.connection.runAndReadAll(sql);
    return reader.getRowObjectsJS() as SqlRow[];
  }

  async write<T>(work: (writer: Writer) => Promise<T>): Promise<T> {
    await this.connection.run('BEGIN');
    try {
      const result = await work({
        run: async (sql) => void (await this.connection.run(sql)),
        rows: (sql) => this.rows(sql),
        insert: () => Promise.reject(new Error('Arrow is for browsers')),
      });
      await this.connection.run('COMMIT');
      return result;
    } catch (error) {
      await this.connection.run('ROLLBACK');
      throw error;
    }
  }
}

export async function nodeEngine(): Promise<NodeEngine> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const engine = new NodeEngine(await instance.connect());
  for (const sql of CREATE_TABLES) await engine.connection.run(sql);
  return engine;
}

/** Put elems into a table of elems, as recorded at that time. */
export async function insertRows(
  engine: NodeEngine,
  table: string,
  rows: readonly ElemRow[],
  recordedMs = 0,
): Promise<void> {
  const text = (value: string | undefined): string => (value === undefined ? 'NULL' : literal(value));
  const values = rows.map((row) => {
    const origin = /(?:^| )(\d+)$/.exec(row.path ?? '')?.[1] ?? 'NULL';
    return `(make_timestamp(${row.timeUs}), ${text(row.kind)}, ${text(row.collector)}, ${text(row.peerAddress)}, ${row.peerAsn}, ${text(row.prefix)}, ${text(row.table)}, ${text(row.path)}, ${origin}, ${text(row.nextHop)}, NULL, NULL, NULL, 'test', make_timestamp(${recordedMs * 1000}))`;
  });
  for (let at = 0; at < values.length; at += 2000) {
    await engine.connection.run(`INSERT INTO ${table} VALUES ${values.slice(at, at + 2000).join(', ')}`);
  }
}

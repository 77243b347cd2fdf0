import type { DuckDBConnection } from '@duckdb/node-api';
import { DuckDBInstance } from '@duckdb/node-api';

/** What DuckDB may take of the machine. */
export interface DuckLimits {
  readonly memoryMb: number;
  readonly threads: number;
}

export const DUCK_LIMITS: DuckLimits = { memoryMb: 512, threads: 1 };

/** A DuckDB of its own, in memory, spilling to `tempDir` when sorting needs more than its limit. */
export class Duck {
  readonly connection: DuckDBConnection;
  readonly #instance: DuckDBInstance;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.connection = connection;
  }

  static async open(limits: DuckLimits = DUCK_LIMITS, tempDir = ''): Promise<Duck> {
    const instance = await DuckDBInstance.create(':memory:', {
      threads: String(limits.threads),
      memory_limit: `${limits.memoryMb}MB`,
      temp_directory: tempDir,
      // Everything that is needed is linked in: nothing is fetched from anywhere.
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
    const connection = await instance.connect();
    await connection.run("SET TimeZone = 'UTC'").catch(() => undefined);
    return new Duck(instance, connection);
  }

  /** Rows of a query as arrays of plain values. For small answers. */
  async rows(sql: string): Promise<unknown[][]> {
    return (await this.connection.runAndReadAll(sql)).getRowsJS();
  }

  close(): void {
    this.connection.closeSync();
    this.#instance.closeSync();
  }
}

/** A text as SQL literal. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Paths as the list `read_parquet` takes. */
export function quoteList(paths: readonly string[]): string {
  return `[${paths.map(quote).join(', ')}]`;
}

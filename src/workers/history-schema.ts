import type { Engine } from '../lib/store/history/engine.ts';
import type { TableInfo } from './api-history.ts';

/** Names and columns of the views a query finds. @param views the statements that make them */
export async function describeViews(
  engine: Pick<Engine, 'rows'>,
  views: readonly string[],
): Promise<readonly TableInfo[]> {
  const tables: TableInfo[] = [];
  for (const view of views) {
    const name = /VIEW (\w+) AS/.exec(view)![1]!;
    const select = view.slice(view.indexOf(' AS ') + 4);
    const rows = await engine.rows(`DESCRIBE ${select}`);
    tables.push({
      name,
      columns: rows.map((row) => ({ name: String(row['column_name']), type: String(row['column_type']) })),
    });
  }
  return tables;
}

import type { TableInfo } from '../../../workers/api-history.ts';

export interface Completion {
  readonly text: string;
  readonly what: string;
}

const KEYWORDS = [
  'SELECT', 'FROM', 'WHERE', 'GROUP BY', 'GROUP BY ALL', 'ORDER BY', 'LIMIT', 'HAVING', 'DISTINCT', 'FILTER', 'WITH',
  'UNION ALL', 'JOIN', 'USING', 'BETWEEN', 'INTERVAL', 'TIMESTAMP', 'count(*)', 'count(DISTINCT ', 'time_bucket(',
  'date_trunc(', 'string_split(', 'list_contains(', 'list(', 'min(', 'max(', 'sum(', 'avg(', 'strftime(',
] as const; // prettier-ignore
const MOST = 8;

/** The word that ends at the cursor, and where it begins. */
export function wordBefore(text: string, cursor: number): { readonly word: string; readonly from: number } {
  const word = /[A-Za-z_][\w]*$/.exec(text.slice(0, cursor))?.[0] ?? '';
  return { word, from: cursor - word.length };
}

/** What the word may become: tables and columns first, then words of SQL. */
export function completions(word: string, tables: readonly TableInfo[]): Completion[] {
  const start = word.toLowerCase();
  const seen = new Map<string, string>();
  for (const { name, columns } of tables) {
    seen.set(name, 'table');
    for (const column of columns) {
      const of = seen.get(column.name);
      seen.set(column.name, of && of !== 'table' ? `${of}, ${name}` : `${column.type} of ${name}`);
    }
  }
  for (const keyword of KEYWORDS) if (!seen.has(keyword)) seen.set(keyword, 'SQL');
  return [...seen]
    .filter(([text]) => text.toLowerCase().startsWith(start) && text.toLowerCase() !== start)
    .slice(0, MOST)
    .map(([text, what]) => ({ text, what }));
}

/**
 * What a user's SQL may be: one statement that reads. This is the first lock, made for clear messages; behind it the engine
 * runs every query in a read-only transaction, without access to files, and without extensions.
 */

export interface SqlRefusal {
  readonly reason: string;
}

export interface SqlToken {
  readonly kind: 'word' | 'quoted' | 'text' | 'number' | 'mark' | 'space';
  readonly text: string;
  readonly at: number;
}

const MAX_SQL_CHARS = 20_000;

/** Statements that only read. `FROM`-first and `TABLE` are SELECTs of DuckDB's dialect. */
const READING = new Set([
  'select',
  'with',
  'from',
  'values',
  'table',
  'explain',
  'describe',
  'desc',
  'show',
  'summarize',
  'pragma',
  'pivot',
  'unpivot',
]);
/** Words that begin a statement which writes, and what may follow EXPLAIN or a WITH list. */
const WRITING = new Set([
  'insert',
  'update',
  'delete',
  'merge',
  'create',
  'drop',
  'alter',
  'copy',
  'attach',
  'detach',
  'install',
  'load',
  'set',
  'reset',
  'use',
  'call',
  'execute',
  'prepare',
  'deallocate',
  'begin',
  'commit',
  'rollback',
  'abort',
  'start',
  'checkpoint',
  'force',
  'vacuum',
  'analyze',
  'export',
  'import',
  'truncate',
  'comment',
  'grant',
]);
const PRAGMAS = new Set(['table_info', 'show_tables', 'database_size', 'version', 'storage_info']);
/** Functions that reach outside of the tables, or take addresses of memory. */
const FORBIDDEN_CALL =
  /^(read_\w+|parquet_\w+|scan_\w+|\w+_scan|\w+_scan_\w+|glob|sniff_csv|getenv|query|query_table|which_secret|add_parquet_key|pg_\w*|sqlite_\w+|write_\w+|from_substrait\w*|enable_\w+|disable_\w+|force_checkpoint|checkpoint|nextval|setseed|sleep_ms|reload_\w+|http\w*|duckdb_secrets|duckdb_log\w*|parse_duckdb_log\w*|truncate_duckdb_logs|json_execute_serialized_sql|create_\w+|drop_\w+|pragma_(?!(table_info|database_size|version|show|show_tables|storage_info)$)\w+)$/;

/** Every kind of space, and marks that look like nothing. */
const BLANK = String.raw`\s\u0085\u180e\u200b-\u200f\u2028-\u202f\u205f-\u2064\u3000\ufeff`;
const SPACE = new RegExp(String.raw`[${BLANK}]+|--[^\n\r]*`, 'y');
const WORD = new RegExp(
  String.raw`(?![${BLANK}])[A-Za-z_\u0080-\uffff](?:(?![${BLANK}])[\w$\u0080-\uffff])*`,
  'y',
);
const NUMBER = /(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?/y;
const DOLLAR = /\$(?:[A-Za-z_]\w*)?\$/y;

/** The text cut into tokens, comments as space. A text or comment without its end is a refusal. */
export function tokenizeSql(sql: string): readonly SqlToken[] | SqlRefusal {
  const tokens: SqlToken[] = [];
  for (let at = 0; at < sql.length;) {
    const token = readToken(sql, at);
    if ('reason' in token) return token;
    tokens.push(token);
    at += token.text.length;
  }
  return tokens;
}

function readToken(sql: string, at: number): SqlToken | SqlRefusal {
  const char = sql[at]!;
  if (sql.startsWith('/*', at)) return blockComment(sql, at);
  const space = matchAt(SPACE, sql, at);
  if (space) return { kind: 'space', text: space, at };
  if (char === "'" || char === '"') return quoted(sql, at, char);
  const dollar = matchAt(DOLLAR, sql, at);
  if (dollar) {
    const end = sql.indexOf(dollar, at + dollar.length);
    if (end < 0) return { reason: `the text that begins at character ${at + 1} has no end` };
    return { kind: 'text', text: sql.slice(at, end + dollar.length), at };
  }
  const word = matchAt(WORD, sql, at);
  if (word)
    return /^[eE]$/.test(word) && sql[at + 1] === "'" ? escaped(sql, at) : { kind: 'word', text: word, at };
  const number = matchAt(NUMBER, sql, at);
  return number ? { kind: 'number', text: number, at } : { kind: 'mark', text: char, at };
}

function matchAt(pattern: RegExp, sql: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(sql)?.[0] ?? null;
}

/** Block comments nest, as in PostgreSQL. */
function blockComment(sql: string, at: number): SqlToken | SqlRefusal {
  let depth = 0;
  for (let i = at; i < sql.length; i++) {
    if (sql.startsWith('/*', i)) {
      depth++;
      i++;
    } else if (sql.startsWith('*/', i)) {
      depth--;
      i++;
      if (depth === 0) return { kind: 'space', text: sql.slice(at, i + 1), at };
    }
  }
  return { reason: 'a comment has no end' };
}

function quoted(sql: string, at: number, quote: string): SqlToken | SqlRefusal {
  let end = at + 1;
  for (;;) {
    end = sql.indexOf(quote, end);
    if (end < 0) return { reason: `the ${quote} at character ${at + 1} is never closed` };
    if (sql[end + 1] !== quote) break;
    end += 2;
  }
  return { kind: quote === '"' ? 'quoted' : 'text', text: sql.slice(at, end + 1), at };
}

/** `E'…'`, where a backslash escapes. */
function escaped(sql: string, at: number): SqlToken | SqlRefusal {
  for (let end = at + 2; end < sql.length; end++) {
    if (sql[end] === '\\') end++;
    else if (sql[end] === "'") {
      if (sql[end + 1] === "'") end++;
      else return { kind: 'text', text: sql.slice(at, end + 1), at };
    }
  }
  return { reason: `the ' at character ${at + 2} is never closed` };
}

/** Whether a user's SQL may run. @returns the statement without its closing semicolon, or why not. */
export function guardSql(sql: string): { readonly sql: string } | SqlRefusal {
  if (sql.length > MAX_SQL_CHARS) return { reason: `over ${MAX_SQL_CHARS} characters` };
  const all = tokenizeSql(sql);
  if ('reason' in all) return all;
  const tokens = all.filter(({ kind }) => kind !== 'space');
  const isSemicolon = ({ kind, text }: SqlToken): boolean => kind === 'mark' && text === ';';
  while (tokens.length > 0 && isSemicolon(tokens.at(-1)!)) tokens.pop();
  if (tokens.length === 0) return { reason: 'nothing to run' };
  if (tokens.some(isSemicolon)) return { reason: 'only one statement at a time' };
  const refusal = checkStatement(tokens) ?? checkCalls(tokens) ?? checkFiles(tokens);
  if (refusal) return refusal;
  const last = tokens.at(-1)!;
  return { sql: sql.slice(0, last.at + last.text.length) };
}

const lower = (token: SqlToken | undefined): string =>
  token?.kind === 'word' ? token.text.toLowerCase() : '';

function checkStatement(tokens: readonly SqlToken[]): SqlRefusal | null {
  let at = 0;
  while (tokens[at]?.text === '(') at++;
  const first = lower(tokens[at]);
  if (!READING.has(first)) {
    const name = tokens[at]!.text.slice(0, 30);
    return {
      reason: WRITING.has(first)
        ? `${name.toUpperCase()} is not allowed here: the history is read-only for SQL`
        : `begins with ${name}: a query begins with SELECT, WITH, FROM, DESCRIBE, SHOW, SUMMARIZE or EXPLAIN`,
    };
  }
  if (first === 'pragma') {
    const pragma = lower(tokens[at + 1]);
    const isRead = PRAGMAS.has(pragma) && tokens[at + 2]?.text !== '=';
    return isRead
      ? null
      : { reason: `PRAGMA ${pragma} is not allowed here: only ${[...PRAGMAS].join(', ')}` };
  }
  return checkInner(tokens, at + 1);
}

/** A word that writes, where a statement may begin: after EXPLAIN and its options, after the list of a WITH, after `AS (`. */
function checkInner(tokens: readonly SqlToken[], from: number): SqlRefusal | null {
  for (let at = from; at < tokens.length; at++) {
    const word = lower(tokens[at]);
    if (!WRITING.has(word) || word === 'analyze' || word === 'set' || word === 'use') continue;
    const before = tokens[at - 1]!;
    const next = tokens[at + 1];
    const begins = [')', '('].includes(before.text) || ['explain', 'analyze'].includes(lower(before));
    const reads = next?.kind === 'word' || next?.kind === 'quoted';
    if (begins && reads && !['from', 'as', 'and', 'or'].includes(word === 'delete' ? '' : lower(next))) {
      return { reason: `${word.toUpperCase()} is not allowed here: the history is read-only for SQL` };
    }
  }
  return null;
}

function checkCalls(tokens: readonly SqlToken[]): SqlRefusal | null {
  for (const [i, token] of tokens.entries()) {
    if (tokens[i + 1]?.text !== '(' || (token.kind !== 'word' && token.kind !== 'quoted')) continue;
    const name = (token.kind === 'quoted' ? token.text.slice(1, -1) : token.text).toLowerCase();
    if (FORBIDDEN_CALL.test(name)) {
      return {
        reason: `${name}() is not allowed here: queries see the tables of the history and nothing else`,
      };
    }
  }
  return null;
}

const TAKES_TABLE = new Set([
  'from',
  'join',
  'describe',
  'desc',
  'summarize',
  'show',
  'table',
  'pivot',
  'unpivot',
]);
const TAKES_FROM = new Set(['trim', 'extract', 'substring', 'overlay']);

/** DuckDB takes a text where a table is named as the name of a file. */
function checkFiles(tokens: readonly SqlToken[]): SqlRefusal | null {
  for (const [i, token] of tokens.entries()) {
    if (token.kind !== 'text' || !TAKES_TABLE.has(lower(tokens[i - 1])) || isInCall(tokens, i - 1)) continue;
    return {
      reason: `${token.text.slice(0, 40)} would be a file: queries see the tables of the history and nothing else`,
    };
  }
  return null;
}

/** `trim(BOTH 'x' FROM 'xyx')`: inside of such a call FROM names no table. */
function isInCall(tokens: readonly SqlToken[], from: number): boolean {
  let depth = 0;
  for (let i = from - 1; i >= 0; i--) {
    const { text } = tokens[i]!;
    if (text === ')') depth++;
    else if (text === '(' && depth > 0) depth--;
    else if (text === '(') return TAKES_FROM.has(lower(tokens[i - 1]));
  }
  return false;
}

import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { guardSql, tokenizeSql } from './sql-guard.ts';

test.each([
  'SELECT 1',
  '  select * from elems ; ',
  'WITH a AS (SELECT 1) SELECT * FROM a',
  'FROM elems',
  'VALUES (1), (2)',
  'TABLE elems',
  '(SELECT 1) UNION ALL (SELECT 2)',
  'EXPLAIN SELECT 1',
  'EXPLAIN ANALYZE SELECT 1',
  'DESCRIBE elems',
  'SHOW TABLES',
  'SUMMARIZE elems',
  "PRAGMA table_info('elems')",
  "SELECT 'DROP TABLE elems; --'",
  'SELECT "delete" FROM (SELECT 1 AS "delete")',
  'SELECT $$ ; DELETE $$',
  "SELECT E'it\\'s; fine'",
  'SELECT 1 -- ; DROP TABLE elems',
  'SELECT /* ; /* nested */ DROP */ 1',
  "SELECT replace(path, ' ', '-') FROM elems",
  'SELECT set, load FROM (SELECT 1 AS set, 2 AS load)',
  'PIVOT elems ON kind USING count(*)',
  "SELECT trim(BOTH 'x' FROM 'xyx'), extract(year FROM TIMESTAMP '2024-01-01')",
  'SELECT\u00a01\u2003+ 1',
  'SELECT * FROM pragma_database_size()',
  "SELECT 'x' AS \"from\", 'FROM x.csv'",
])('runs: %s', (sql) => {
  expect(guardSql(sql)).toHaveProperty('sql');
});

test.each([
  ['', 'nothing to run'],
  [' ; ; ', 'nothing to run'],
  ['-- nothing', 'nothing to run'],
  ['SELECT 1; SELECT 2', 'only one statement'],
  ['SELECT 1; DROP TABLE elems', 'only one statement'],
  ['DROP TABLE elems', 'DROP is not allowed'],
  ['delete from elems', 'DELETE is not allowed'],
  ['INSERT INTO elems VALUES (1)', 'INSERT is not allowed'],
  ["COPY elems TO 'x.csv'", 'COPY is not allowed'],
  ["ATTACH 'x.db'", 'ATTACH is not allowed'],
  ['INSTALL httpfs', 'INSTALL is not allowed'],
  ['LOAD json', 'LOAD is not allowed'],
  ["SET memory_limit = '9GB'", 'SET is not allowed'],
  ['PRAGMA disable_checkpoint_on_shutdown', 'PRAGMA disable_checkpoint_on_shutdown is not allowed'],
  ["PRAGMA table_info = 'x'", 'is not allowed'],
  ['CHECKPOINT', 'CHECKPOINT is not allowed'],
  ['EXPLAIN ANALYZE DELETE FROM elems', 'DELETE is not allowed'],
  ['WITH a AS (SELECT 1) DELETE FROM elems', 'DELETE is not allowed'],
  ['WITH a AS (SELECT 1) INSERT INTO elems SELECT 1', 'INSERT is not allowed'],
  ["SELECT * FROM read_csv('x.csv')", 'read_csv() is not allowed'],
  ["SELECT * FROM read_parquet('http://x/y')", 'read_parquet() is not allowed'],
  ["SELECT * FROM READ_TEXT ('opfs://x')", 'read_text() is not allowed'],
  ['SELECT * FROM "read_blob"(\'x\')', 'read_blob() is not allowed'],
  ['SELECT * FROM arrow_scan(1, 2, 3)', 'arrow_scan() is not allowed'],
  ["SELECT * FROM query('SELECT 1')", 'query() is not allowed'],
  ["SELECT * FROM 'x.parquet'", 'would be a file'],
  ["SELECT * FROM elems JOIN 'https://example.com/x.csv' USING (time)", 'would be a file'],
  ['FROM $$x.csv$$', 'would be a file'],
  ["SUMMARIZE 'x.csv'", 'would be a file'],
  ["SELECT (SELECT count(*) FROM 'x.csv')", 'would be a file'],
  ["SELECT * FROM read_csv\u00a0('x.csv')", 'read_csv() is not allowed'],
  ["SELECT * FROM read_csv\u200b('x.csv')", 'read_csv() is not allowed'],
  ["SELECT * FROM read_csv/* */('x.csv')", 'read_csv() is not allowed'],
  ["SELECT * FROM read_csv--\n('x.csv')", 'read_csv() is not allowed'],
  ["SELECT * FROM system.main.read_text('x')", 'read_text() is not allowed'],
  ["SELECT getenv('HOME')", 'getenv() is not allowed'],
  ['SELECT * FROM duckdb_secrets()', 'duckdb_secrets() is not allowed'],
  ['SELECT * FROM pragma_user_agent()', 'pragma_user_agent() is not allowed'],
  ['SELECT 1;\u00a0DROP TABLE elems', 'only one statement'],
  ['\u200bDROP TABLE elems', 'DROP is not allowed'],
  ["COPY (SELECT 1) TO 'x'", 'COPY is not allowed'],
  ["EXPORT DATABASE 'x'", 'EXPORT is not allowed'],
  ["PRAGMA memory_limit='9GB'", 'PRAGMA memory_limit is not allowed'],
  ['PRAGMA enable_profiling', 'PRAGMA enable_profiling is not allowed'],
  ["SELECT 'no end", 'is never closed'],
  ['SELECT "no end', 'is never closed'],
  ['SELECT /* no end', 'a comment has no end'],
  ['SELECT $tag$ no end', 'has no end'],
  ['HELLO', 'begins with HELLO'],
  [`SELECT '${'x'.repeat(20_000)}'`, 'over 20000 characters'],
])('refuses: %s', (sql, reason) => {
  expect(guardSql(sql)).toMatchObject({ reason: expect.stringContaining(reason) as string });
});

test('whatever the text, the tokens are the text, or it is refused', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (sql) => {
      const tokens = tokenizeSql(sql);
      if (!('reason' in tokens)) expect(tokens.map(({ text }) => text).join('')).toBe(sql);
    }),
  );
});

test('what is let through is one statement for DuckDB’s own parser too, whatever the quoting', async () => {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  const piece = fc.constantFrom(
    ...[
      "'",
      '"',
      '$$',
      '$a$',
      '--',
      '\n',
      '/*',
      '*/',
      'a',
      ' ',
      "E'",
      '\\',
      ';',
      ', 1',
      'x',
      'U&',
      "''",
      '1e',
    ],
  );
  let count = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 14 }), async (pieces) => {
      const guarded = guardSql(`SELECT 1 ${pieces.join('')}`);
      if (!('sql' in guarded)) return;
      const statements = await connection.extractStatements(guarded.sql).catch(() => null);
      if (statements === null) return;
      count++;
      expect(statements.count).toBe(1);
    }),
    { numRuns: 3000 },
  );
  expect(count).toBeGreaterThan(100);
});

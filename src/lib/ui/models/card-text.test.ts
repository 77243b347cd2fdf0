import { expect, test } from 'vitest';
import { cardBlocks } from './card-text.ts';

test('headings, paragraphs over lines, lists, tables and code', () => {
  const text = [
    '# Card **one**',
    'A line',
    'and `more` of [it](https://example.org).',
    '',
    '- first',
    '  goes on',
    '- second',
    '',
    '| a | b |',
    '|---|--:|',
    '| 1 | **2** |',
    '```sh',
    'npm | x',
    '```',
  ].join('\n');
  expect(cardBlocks(text)).toEqual([
    { kind: 'heading', level: 1, text: 'Card one' },
    { kind: 'paragraph', text: 'A line and more of it.' },
    { kind: 'list', items: ['first goes on', 'second'] },
    { kind: 'table', head: ['a', 'b'], rows: [['1', '2']] },
    { kind: 'code', text: 'npm | x' },
  ]);
});

test('an open fence and an empty text end', () => {
  expect(cardBlocks('')).toEqual([]);
  expect(cardBlocks('```\nx')).toHaveLength(1);
});

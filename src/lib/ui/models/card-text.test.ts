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
    { kind: 'table', caption: '', head: ['a', 'b'], rows: [['1', '2']] },
    { kind: 'code', text: 'npm | x' },
  ]);
});

test('a table is called after what stands right before it', () => {
  const blocks = cardBlocks('## By event\n\n| a |\n|---|\n| 1 |\n');
  expect(blocks[1]).toEqual({ kind: 'table', caption: 'By event', head: ['a'], rows: [['1']] });
});

test('an open fence and an empty text end', () => {
  expect(cardBlocks('')).toEqual([]);
  expect(cardBlocks('```\nx')).toHaveLength(1);
});

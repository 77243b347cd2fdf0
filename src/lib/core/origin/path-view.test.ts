import { expect, test } from 'vitest';
import { PathReader } from '../elem/path-reader.ts';
import { BatchBuilder } from '../elem/builder.ts';
import { publicOriginOf, viewPath } from './path-view.ts';

function view(text: string) {
  const builder = new BatchBuilder(1);
  const index = new PathReader().text(text, builder.paths);
  const { paths } = builder.take();
  const { words, offsets } = paths;
  return { ...viewPath(paths, index), direct: publicOriginOf(words, offsets[index]!, offsets[index + 1]!) };
}

test.each([
  ['plain', '1 2 3', { hops: [1, 2, 3], origin: 3, length: 3, maxPrepend: 1 }],
  ['prepends collapse and count', '1 2 2 2 3 3', { hops: [1, 2, 3], origin: 3, length: 6, maxPrepend: 3 }],
  [
    'a private tail is set aside',
    '1 2 64512 65001',
    { hops: [1, 2], origin: 2, privateTail: [64512, 65001] },
  ],
  ['32-bit private too', '1 2 4200000001', { hops: [1, 2], origin: 2, privateTail: [4200000001] }],
  ['private inside stays', '1 64512 3', { hops: [1, 64512, 3], origin: 3, privateTail: [] }],
  ['all private keeps its last', '64512 64513', { hops: [64512, 64513], origin: 64513 }],
  ['a closing set has no origin', '1 2 {3,4}', { hops: [1, 2], origin: 0, hasSet: true, length: 3 }],
  ['empty', '', { hops: [], origin: 0, length: 0 }],
])('%s', (_name, text, want) => {
  expect(view(text)).toMatchObject(want);
  expect(view(text).direct).toBe(want.origin);
});

import { expect, test } from 'vitest';
import { collapsePrepends, originOf } from './as-path.ts';

const shown = (path: string): string =>
  collapsePrepends(path)
    .map(({ text, times }) => (times > 1 ? `${text} ×${times}` : text))
    .join(' ');

test.each([
  ['no prepends', '3257 3491 17557', '3257 3491 17557'],
  ['prepended origin', '3491 17557 17557 17557', '3491 17557 ×3'],
  ['in the middle', '1 2 2 3', '1 2 ×2 3'],
  ['a set closes the path', '3257 {64496,64497}', '3257 {64496,64497}'],
  ['a return is no prepend', '1 2 1', '1 2 1'],
  ['empty', '', ''],
])('%s', (_name, path, want) => expect(shown(path)).toBe(want));

test.each([
  ['3257 3491 17557', 17557],
  ['17557', 17557],
  ['3257 {64496,64497}', null],
  ['', null],
  [undefined, null],
])('origin of %s is %s', (path, want) => expect(originOf(path)).toBe(want));

import { expect, test } from 'vitest';
import { Keymap, SHORTCUTS } from './shortcuts.ts';

const free = { modified: false, typing: false, onControl: false };

test.each([
  ['/', 'search'],
  ['j', 'next'],
  [' ', 'pause'],
  ['Enter', 'open'],
  ['Escape', 'close'],
  ['c', 'copy'],
  ['C', 'copy-json'],
  ['?', 'help'],
  ['x', 'ack'],
  ['z', 'undo'],
  ['y', null],
])('%s means %s', (key, action) => expect(new Keymap().press({ key, ...free }, 0)).toBe(action));

test('g then l goes, unless the second part comes late', () => {
  const keymap = new Keymap();
  expect(keymap.press({ key: 'g', ...free }, 0)).toBeNull();
  expect(keymap.press({ key: 'l', ...free }, 900)).toBe('go-live');
  keymap.press({ key: 'g', ...free }, 2000);
  expect(keymap.press({ key: 's', ...free }, 9000)).toBeNull();
});

test('another key after g is itself', () => {
  const keymap = new Keymap();
  keymap.press({ key: 'g', ...free }, 0);
  expect(keymap.press({ key: 'j', ...free }, 10)).toBe('next');
});

test.each([
  [{}, 'ArrowRight', 'step-forward'],
  [{ shift: true }, 'ArrowRight', 'next-incident'],
  [{ ctrl: true, modified: true }, 'ArrowLeft', 'previous-phase'],
  [{ modified: true }, 'ArrowLeft', null],
  [{ shift: true }, '?', 'help'],
  [{ ctrl: true, modified: true }, 'c', null],
] as const)('with %o, %s means %s', (held, key, want) =>
  expect(new Keymap().press({ ...free, ...held, key }, 0)).toBe(want),
);

test('g then i goes to the incidents though i alone means something too', () => {
  const keymap = new Keymap();
  keymap.press({ key: 'g', ...free }, 0);
  expect(keymap.press({ key: 'i', ...free }, 10)).toBe('go-incidents');
  expect(keymap.press({ key: 'i', ...free }, 5000)).toBe('zoom-from');
});

test('text fields, modifiers and buttons keep their keys', () => {
  const keymap = new Keymap();
  expect(keymap.press({ key: 'j', ...free, typing: true }, 0)).toBeNull();
  expect(keymap.press({ key: 'c', ...free, modified: true }, 0)).toBeNull();
  expect(keymap.press({ key: ' ', ...free, onControl: true }, 0)).toBeNull();
  expect(keymap.press({ key: 'j', ...free, onControl: true }, 0)).toBe('next');
});

test('no key is listed twice', () => {
  expect(new Set(SHORTCUTS.map(({ keys }) => keys)).size).toBe(SHORTCUTS.length);
});

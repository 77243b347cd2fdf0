import { expect, test } from 'vitest';
import { loadResume, saveResume } from './resume.ts';

function storage(initial: string | null = null) {
  let text = initial;
  return {
    getItem: () => text,
    setItem: (_key: string, value: string) => {
      text = value;
    },
  };
}

test('a saved place is found again', () => {
  const tab = storage();
  saveResume({ stream: 7, seq: 1234 }, tab);
  expect(loadResume(tab)).toEqual({ stream: 7, seq: 1234 });
});

test.each([
  ['nothing was received', { stream: 7, seq: 0 }],
  ['no stream yet', { stream: null, seq: 5 }],
])('nothing is saved while %s', (_name, feed) => {
  const tab = storage();
  saveResume(feed, tab);
  expect(loadResume(tab)).toBeNull();
});

test.each(['not json', '"text"', '{"stream":"7","seq":1}', '{"stream":7}', '{"stream":7,"seq":1.5}', 'null'])(
  '%s is no place',
  (text) => expect(loadResume(storage(text))).toBeNull(),
);

test('storage that throws is as good as none', () => {
  const broken = {
    getItem: (): string => {
      throw new Error('denied');
    },
    setItem: (): void => {
      throw new Error('full');
    },
  };
  expect(() => saveResume({ stream: 1, seq: 1 }, broken)).not.toThrow();
  expect(loadResume(broken)).toBeNull();
});

import { expect, test } from 'vitest';
import { loadRecentSearches, rememberSearch } from './recent-searches.ts';

function storage(initial: string | null = null) {
  let text = initial;
  return {
    getItem: () => text,
    setItem: (_key: string, value: string) => {
      text = value;
    },
  };
}

test('newest first, each once, at most six', () => {
  const browser = storage();
  for (const text of ['AS1', 'AS2', 'AS3', 'AS4', 'AS5', 'AS6', ' AS2 ', 'AS7'])
    rememberSearch(text, browser);
  expect(loadRecentSearches(browser)).toEqual(['AS7', 'AS2', 'AS6', 'AS5', 'AS4', 'AS3']);
});

test.each(['{', '{"a":1}', 'null', '[1,null,""]'])('%s in storage is no search', (text) => {
  expect(loadRecentSearches(storage(text))).toEqual([]);
});

test('an empty search is not remembered, no storage is no error', () => {
  expect(rememberSearch('  ', storage('["AS1"]'))).toEqual(['AS1']);
  expect(rememberSearch('AS1', null)).toEqual(['AS1']);
});

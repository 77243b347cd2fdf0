import { expect, test } from 'vitest';
import { Address } from './address.ts';

function recorded() {
  const writes: string[] = [];
  const clock = { ms: 0 };
  const address = new Address(
    (text, how) => writes.push(`${how} ${text}`),
    () => clock.ms,
  );
  return { address, writes, clock };
}

test('what is there already is not written again', () => {
  const { address, writes } = recorded();
  expect(address.arrive('?event=a', false)).toBe(true);
  address.put('?event=a', 'push');
  address.put('?event=a&t=1', 'replace');
  expect(writes).toEqual(['replace ?event=a&t=1']);
});

test('the router arriving late at what was written is no news; the Back button is', () => {
  const { address } = recorded();
  address.put('?t=1', 'push');
  address.put('?t=2', 'push');
  expect(address.arrive('?t=1', true)).toBe(false);
  expect(address.arrive('?t=2', true)).toBe(false);
  expect(address.arrive('?t=1', false)).toBe(true);
  expect(address.arrive('?t=2', false)).toBe(true);
});

test('a key held down is one step back', () => {
  const { address, writes, clock } = recorded();
  for (let i = 0; i < 4; i++) {
    address.jump(`?t=${i}`);
    clock.ms += 100;
  }
  clock.ms += 5000;
  address.jump('?t=9');
  expect(writes.map((write) => write.split(' ')[0])).toEqual([
    'push',
    'replace',
    'replace',
    'replace',
    'push',
  ]);
});

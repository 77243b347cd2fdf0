import { expect, test } from 'vitest';
import { sha256 } from '../replay/sha256.ts';
import { encodeUtf8 } from '../wire/bytes.ts';
import { DEFAULT_PARAMS } from './params.ts';
import { RULES_VERSION } from './version.ts';

/** SHA-256 of the default parameters, by the version they came with. A change of one needs a new version here and there. */
const DEFAULTS: Readonly<Record<number, string>> = {
  1: '2a06836af9ab60cace46b938b879bd2684f89526c637f053f86fff618ed37425',
};

test('the defaults are those of the version of the rules', () => {
  const sorted = Object.entries(DEFAULT_PARAMS).sort(([a], [b]) => (a < b ? -1 : 1));
  expect(sha256(encodeUtf8(JSON.stringify(sorted)))).toBe(DEFAULTS[RULES_VERSION]);
});

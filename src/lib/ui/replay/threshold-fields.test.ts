import { expect, test } from 'vitest';
import { DEFAULT_PARAMS } from '#core/detect/params.ts';
import { THRESHOLD_GROUPS, thresholdField } from './threshold-fields.ts';

test('every threshold can be asked for, once, and its default is allowed', () => {
  const names = THRESHOLD_GROUPS.flatMap(({ fields }) => fields.map(({ name }) => name));
  expect([...names].sort()).toEqual(Object.keys(DEFAULT_PARAMS).sort());
  for (const name of names) {
    const { min, max, step } = thresholdField(name)!;
    const value = DEFAULT_PARAMS[name];
    expect(value, name).toBeGreaterThanOrEqual(min);
    expect(value, name).toBeLessThanOrEqual(max);
    expect(Math.abs(value / step - Math.round(value / step)), name).toBeLessThan(1e-9);
  }
});

test('what is no threshold has no field', () => expect(thresholdField('constructor')).toBeUndefined());

import { describe, expect, it } from 'vitest';
import type { Observation } from './api';
import { clock, duration, valuesText } from './format';

describe('values', () => {
  const o = (values: Observation['values']) => ({ values }) as Observation;
  it('stand together by unit, with the digits as sent', () => {
    const pressure = o({
      systolic: { value: '138', ucum: 'mm[Hg]' }, diastolic: { value: '84', ucum: 'mm[Hg]' }, pulse: { value: '71', ucum: '/min' },
    });
    expect(valuesText(pressure, 'sv')).toBe('138/84 mmHg, 71 /min');
  });
  it('have a decimal comma in Swedish', () => {
    const glucose = o({ glucose: { value: '7.20', ucum: 'mmol/L' }, context: { code: 'before_breakfast' } });
    expect(valuesText(glucose, 'sv')).toBe('7,20 mmol/L');
    expect(valuesText(glucose, 'en')).toBe('7.20 mmol/L');
  });
});

describe('times', () => {
  it('are the county’s, through the change to summer time', () => {
    expect(clock('2026-03-29T00:59:59Z')).toBe('01:59:59');
    expect(clock('2026-03-29T01:00:00Z')).toBe('03:00:00');
  });
  it.each([[-5, '0:00'], [65_000, '1:05'], [3_661_000, '1:01:01']])('last %i ms as %s', (ms, text) => expect(duration(ms)).toBe(text));
});

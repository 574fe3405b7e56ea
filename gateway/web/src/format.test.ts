import { describe, expect, it } from 'vitest';
import type { Catalogue, Observation } from './api';
import { clock, duration, valuesText } from './format';

describe('values', () => {
  const o = (values: Observation['values'], kind = '') => ({ kind, values }) as Observation;
  const names = { sv: '', en: '' };
  const catalogue: Catalogue = {
    kinds: { body_weight: { name: names, components: { weight: { name: names, ucum: 'kg' } } } }, products: {},
  };
  it('stand together by unit, with the digits as sent', () => {
    const pressure = o({
      systolic: { value: '138', ucum: 'mm[Hg]' }, diastolic: { value: '84', ucum: 'mm[Hg]' }, pulse: { value: '71', ucum: '/min' },
    });
    expect(valuesText(pressure, catalogue, 'sv')).toBe('138/84 mmHg, 71 /min');
  });
  it('without a unit have the catalogue’s', () => {
    expect(valuesText(o({ weight: { value: '71.5' } }, 'body_weight'), catalogue, 'sv')).toBe('71,5 kg');
  });
  it('have a decimal comma in Swedish', () => {
    const glucose = o({ glucose: { value: '7.20', ucum: 'mmol/L' }, context: { code: 'before_breakfast' } });
    expect(valuesText(glucose, catalogue, 'sv')).toBe('7,20 mmol/L');
    expect(valuesText(glucose, catalogue, 'en')).toBe('7.20 mmol/L');
  });
});

describe('times', () => {
  it('are the county’s, through the change to summer time', () => {
    expect(clock('2026-03-29T00:59:59Z')).toBe('01:59:59');
    expect(clock('2026-03-29T01:00:00Z')).toBe('03:00:00');
  });
  it.each([[-5, '0:00'], [65_000, '1:05'], [3_661_000, '1:01:01']])('last %i ms as %s', (ms, text) => expect(duration(ms)).toBe(text));
});

import { describe, expect, it } from 'vitest';
import type { Principal } from './api';
import { binOf, bins, countOf } from './bins';

describe('the five bins', () => {
  it.each([[0, '0'], [1, '1–9'], [9, '1–9'], [10, '10–50'], [50, '10–50'], [51, '51–100'], [100, '51–100'], [101, '>100']])(
    'put %i into %s', (count, name) => expect(bins[binOf(count)]).toBe(name));
});

describe('a principal’s count', () => {
  const principal = { devices: { dispenser: 3, 'blood-pressure': 4, scale: 5 } } as unknown as Principal;
  it('tells dispensers from what measures', () => {
    expect(countOf(principal, 'dispenser')).toBe(3);
    expect(countOf(principal, 'measuring')).toBe(9);
    expect(countOf(principal, 'all')).toBe(12);
  });
});

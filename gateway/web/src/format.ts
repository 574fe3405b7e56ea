import type { Catalogue, Names, Observation } from './api';
import type { Language } from './i18n';

const clockFormat = new Intl.DateTimeFormat('sv-SE', { timeStyle: 'medium', timeZone: 'Europe/Stockholm' });

/** Time of day in the county, 24 h. */
export const clock = (rfc3339: string) => clockFormat.format(new Date(rfc3339));

/** A duration as m:ss, or h:mm:ss from one hour; never negative. */
export function duration(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number) => String(n).padStart(2, '0');
  const rest = `${Math.floor((s % 3600) / 60)}:${two(s % 60)}`;
  return s < 3600 ? rest : `${Math.floor(s / 3600)}:${rest.padStart(5, '0')}`;
}

const named = (names: Names | undefined, language: Language, id: string) => names?.[language] ?? id;

export const kindName = (c: Catalogue, kind: string, l: Language) => named(c.kinds[kind]?.name, l, kind);
export const productName = (c: Catalogue, product: string, l: Language) => named(c.products[product]?.name, l, product);

/** People's form of the UCUM units that the catalogue uses. */
const readable: Record<string, string> = { 'mm[Hg]': 'mmHg', '/min': '/min', 'L/min': 'l/min', L: 'l' };

const decimal = (digits: string, l: Language) => (l === 'sv' ? digits.replace('.', ',') : digits);

/** "138/84 mmHg, 71 /min": values that share a unit stand together; one without a unit has the catalogue's. */
export function valuesText(o: Observation, c: Catalogue, l: Language): string {
  const groups = new Map<string, string[]>();
  for (const [name, { value, ucum = c.kinds[o.kind]?.components[name]?.ucum ?? '' }] of Object.entries(o.values)) {
    if (value !== undefined) groups.set(ucum, [...(groups.get(ucum) ?? []), decimal(value, l)]);
  }
  return [...groups].map(([ucum, v]) => `${v.join('/')} ${readable[ucum] ?? ucum}`.trim()).join(', ');
}

import type { Principal } from './api';

/** The five bins in which a principal's count is shown (status deck of 2026). */
export const bins = ['0', '1–9', '10–50', '51–100', '>100'] as const;

/** Index into bins. */
export function binOf(count: number): number {
  if (count <= 0) return 0;
  if (count < 10) return 1;
  if (count <= 50) return 2;
  return count <= 100 ? 3 : 4;
}

export type Group = 'dispenser' | 'measuring' | 'all';

/** Devices of one group; everything that is no dispenser measures. */
export function countOf(principal: Principal, group: Group): number {
  const dispensers = principal.devices['dispenser'] ?? 0;
  const all = Object.values(principal.devices).reduce((sum, n) => sum + n, 0);
  if (group === 'dispenser') return dispensers;
  return group === 'measuring' ? all - dispensers : all;
}

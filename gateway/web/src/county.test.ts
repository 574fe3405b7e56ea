import { describe, expect, it } from 'vitest';
import type { Alert, Observation } from './api';
import { type County, update } from './county';

const alert = (id: string, version: number, state = 'offered', raised_at = '2026-02-17T07:30:00Z') =>
  ({ id, version, state, raised_at }) as Alert;
const empty: County = {
  session: { client: 'operator', role: 'operator', principal: '', units: [] },
  principals: [], alerts: [], observations: [], link: 'connecting', clockOffset: 0,
};
const withAlerts = (...alerts: Alert[]) => alerts.reduce((c, a) => update(c, { type: 'alert', alert: a }), empty);

describe('alerts', () => {
  it('stand newest first', () => {
    const county = withAlerts(alert('old', 1, 'offered', '2026-02-17T07:00:00Z'), alert('new', 1, 'offered', '2026-02-17T08:00:00Z'));
    expect(county.alerts.map((a) => a.id)).toEqual(['new', 'old']);
  });
  it('are never put back by an older version', () => {
    expect(withAlerts(alert('a', 3, 'accepted'), alert('a', 2)).alerts[0]?.state).toBe('accepted');
  });
  it('leave when they end', () => {
    expect(withAlerts(alert('a', 1), alert('a', 2, 'cancelled')).alerts).toEqual([]);
  });
});

describe('measurements', () => {
  it('keep the latest twenty, each once', () => {
    const send = (c: County, id: number) => update(c, { type: 'observation', observation: { id: `${id}` } as Observation });
    const county = [...Array(25).keys(), 24].reduce(send, empty);
    expect(county.observations).toHaveLength(20);
    expect(county.observations[0]?.id).toBe('24');
  });
});

import { describe, expect, it } from 'vitest';
import type { Alert, Observation } from './api';
import { type County, update } from './county';

const alert = (id: string, version: number, state = 'offered', raised_at = '2026-02-17T07:30:00Z') =>
  ({ id, version, state, raised_at }) as Alert;
const empty: County = {
  session: { client: 'operator', role: 'operator', principal: '', units: [] },
  principals: [], alerts: [], observations: [], reading: 0, changed: [], link: 'connecting', clockOffset: 0, late: false,
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

describe('reading all alerts', () => {
  const begin = (county: County, reading: number) => update(county, { type: 'reading', reading });
  const answered = (county: County, reading: number, ...alerts: Alert[]) =>
    update(county, { type: 'alerts', reading, alerts });
  const change = (county: County, ...alerts: Alert[]) => alerts.reduce((c, a) => update(c, { type: 'alert', alert: a }), county);
  it('takes what is there for what there is', () => {
    expect(answered(begin(withAlerts(alert('gone', 1)), 1), 1, alert('a', 1)).alerts.map((a) => a.id)).toEqual(['a']);
  });
  it('loses nothing that came while it was under way', () => {
    const during = change(begin(withAlerts(alert('a', 1)), 1), alert('new', 1), alert('a', 2, 'accepted'), alert('over', 3, 'resolved'));
    const states = answered(during, 1, alert('a', 1), alert('over', 2)).alerts.map((a) => `${a.id} ${a.state}`);
    expect(states.sort()).toEqual(['a accepted', 'new offered']);
  });
  it('has no use for the answer to an earlier question', () => {
    const during = change(begin(begin(empty, 1), 2), alert('new', 1));
    expect(answered(during, 1).alerts.map((a) => a.id)).toEqual(['new']);
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

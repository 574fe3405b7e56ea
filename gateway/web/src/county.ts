import type { Alert, Observation, Principal, Session } from './api';
import type { Link } from './stream';

/** Everything that the page shows; changed only by update(). */
export interface County {
  session: Session;
  principals: Principal[];
  alerts: Alert[];
  observations: Observation[];
  /** Number of the reading of all alerts that is under way; 0 when none is. */
  reading: number;
  /** Alerts that changed since it began: its answer may be older. */
  changed: Alert[];
  link: Link;
  /** The server's clock minus ours, in milliseconds. */
  clockOffset: number;
  /** Alarms may be late here. */
  late: boolean;
}

export type Change =
  | { type: 'fleet'; principals: Principal[] }
  | { type: 'reading'; reading: number }
  | { type: 'alerts'; reading: number; alerts: Alert[] }
  | { type: 'observations'; observations: Observation[] }
  | { type: 'alert'; alert: Alert }
  | { type: 'observation'; observation: Observation }
  | { type: 'link'; link: Link }
  | { type: 'clockOffset'; ms: number }
  | { type: 'late'; late: boolean };

const ended = new Set(['resolved', 'cancelled', 'expired']);
const shownObservations = 20;

export const isOpen = (alert: Alert) => !ended.has(alert.state);

/** Newest first; an older version never replaces a newer one. */
function mergeAlert(alerts: Alert[], next: Alert): Alert[] {
  const known = alerts.find((a) => a.id === next.id);
  if (known && known.version >= next.version) return alerts;
  const others = alerts.filter((a) => a.id !== next.id);
  const merged = isOpen(next) ? [next, ...others] : others;
  return merged.sort((a, b) => b.raised_at.localeCompare(a.raised_at));
}

export function update(county: County, change: Change): County {
  switch (change.type) {
    case 'fleet':
      return { ...county, principals: change.principals };
    case 'reading':
      return { ...county, reading: change.reading, changed: [] };
    case 'alerts':
      if (change.reading !== county.reading) return county;
      return { ...county, reading: 0, changed: [], alerts: county.changed.reduce(mergeAlert, change.alerts.filter(isOpen)) };
    case 'observations':
      return { ...county, observations: change.observations };
    case 'alert': {
      const changed = county.reading === 0 ? [] : [...county.changed.filter((a) => a.id !== change.alert.id), change.alert];
      return { ...county, alerts: mergeAlert(county.alerts, change.alert), changed };
    }
    case 'observation': {
      const others = county.observations.filter((o) => o.id !== change.observation.id);
      return { ...county, observations: [change.observation, ...others].slice(0, shownObservations) };
    }
    case 'link':
      return county.link === change.link ? county : { ...county, link: change.link };
    case 'clockOffset':
      return { ...county, clockOffset: change.ms };
    case 'late':
      return county.late === change.late ? county : { ...county, late: change.late };
  }
}

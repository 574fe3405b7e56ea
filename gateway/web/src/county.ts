import type { Alert, Observation, Principal, Session } from './api';
import type { Link } from './stream';

/** Everything that the page shows; changed only by update(). */
export interface County {
  session: Session;
  principals: Principal[];
  alerts: Alert[];
  observations: Observation[];
  link: Link;
  /** The server's clock minus ours, in milliseconds. */
  clockOffset: number;
}

export type Change =
  | { type: 'loaded'; principals: Principal[]; alerts: Alert[]; observations: Observation[] }
  | { type: 'fleet'; principals: Principal[] }
  | { type: 'alert'; alert: Alert }
  | { type: 'observation'; observation: Observation }
  | { type: 'link'; link: Link }
  | { type: 'clockOffset'; ms: number };

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
    case 'loaded':
      return { ...county, principals: change.principals, alerts: change.alerts.filter(isOpen), observations: change.observations };
    case 'fleet':
      return { ...county, principals: change.principals };
    case 'alert':
      return { ...county, alerts: mergeAlert(county.alerts, change.alert) };
    case 'observation': {
      const others = county.observations.filter((o) => o.id !== change.observation.id);
      return { ...county, observations: [change.observation, ...others].slice(0, shownObservations) };
    }
    case 'link':
      return county.link === change.link ? county : { ...county, link: change.link };
    case 'clockOffset':
      return { ...county, clockOffset: change.ms };
  }
}

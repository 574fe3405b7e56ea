// Only the page knows what is on its screen: it says so for each alert that is
// offered to its own receiver, once the row can really be seen.

import { type Alert, api, type Session } from './api';
import { insist } from './insist';

/**
 * Names the offer that waits for this session's answer; undefined when none does.
 * A new offer has a new time to answer; its confirmation changes the version alone.
 */
export function offerOf(alert: Alert, session: Session): string | undefined {
  const mine = alert.state === 'offered' && alert.receiver === session.client;
  return mine ? `${alert.id} ${alert.next_action_at}` : undefined;
}

/**
 * Calls `then` once half of the element is in view. The browser looks while it
 * draws the page: behind another tab, or minimised, nothing is in view.
 */
export function whenSeen(element: Element, then: () => void): () => void {
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.intersectionRatio >= 0.5)) return;
    observer.disconnect();
    then();
  }, { threshold: 0.5 });
  observer.observe(element);
  return () => observer.disconnect();
}

/** Confirms an alert's delivery when its row is seen; the returned function gives up. */
export function confirmWhenSeen(row: Element, alert: () => Alert): () => void {
  let giveUp = () => {};
  const lookAway = whenSeen(row, () => {
    giveUp = insist(() => api.delivered(alert().id, alert().version));
  });
  return () => {
    lookAway();
    giveUp();
  };
}

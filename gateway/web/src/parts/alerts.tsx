import { useEffect, useRef, useState } from 'react';
import { Button } from 'react-aria-components';
import { type Alert, api, type Session } from '../api';
import { useWords } from '../context';
import { confirmWhenSeen, offerOf } from '../delivery';
import { duration, kindName, productName } from '../format';

/** What this session may do with an alert now; the server decides again. */
function actionsFor(alert: Alert, session: Session): ('accept' | 'reject' | 'resolve')[] {
  if (alert.receiver !== session.client) return [];
  if (alert.state === 'offered') return ['accept', 'reject'];
  return ['accepted', 'dispatched', 'on_site'].includes(alert.state) ? ['resolve'] : [];
}

function Actions({ alert, session }: { alert: Alert; session: Session }) {
  const { t } = useWords();
  const [error, setError] = useState('');
  const act = (action: 'accept' | 'reject' | 'resolve') =>
    api.act(alert.id, action).then(() => setError(''), (e: Error) => setError(e.message || t.failed));
  return (
    <div className="actions">
      {actionsFor(alert, session).map((a) => <Button key={a} className={a} onPress={() => act(a)}>{t[a]}</Button>)}
      {error && <p role="alert">{error}</p>}
    </div>
  );
}

/** Tells the router when the row of an alert that is offered to this session is on the screen. */
function useDelivery(alert: Alert, session: Session) {
  const row = useRef<HTMLLIElement>(null);
  const latest = useRef(alert);
  useEffect(() => {
    latest.current = alert;
  });
  const offer = offerOf(alert, session);
  useEffect(() => (offer === undefined ? undefined : confirmWhenSeen(row.current!, () => latest.current)), [offer]);
  return row;
}

function Row({ alert, session, place, now }: { alert: Alert; session: Session; place: string; now: number }) {
  const { t, language, catalogue } = useWords();
  const row = useDelivery(alert, session);
  const left = alert.state === 'offered' && alert.next_action_at ? Date.parse(alert.next_action_at) - now : undefined;
  return (
    <li ref={row} className={`alert ${alert.state}`}>
      <div className="what">
        <strong>{kindName(catalogue, alert.kind, language)}</strong>
        <span>{place} · {productName(catalogue, alert.product, language)}</span>
        <span className="quiet">{alert.receiver} · {t.step(alert.step + 1)} · {alert.device}</span>
      </div>
      <div className="when">
        <span className="state">{t.states[alert.state] ?? alert.state}</span>
        <span title={t.age}>{duration(now - Date.parse(alert.raised_at))}</span>
        {left !== undefined && <span className="quiet">{duration(left)} {t.timeLeft}</span>}
      </div>
      <Actions alert={alert} session={session} />
    </li>
  );
}

/**
 * The queue. While somebody points at it or has the focus in it, rows keep their
 * places: what is new waits behind a button, so that nothing moves under a hand.
 */
export function Alerts({ alerts, session, placeOf, now }: {
  alerts: Alert[]; session: Session; placeOf: (principal: string) => string; now: number;
}) {
  const { t } = useWords();
  const [held, setHeld] = useState<string[] | null>(null);
  const list = useRef<HTMLElement>(null);
  const hold = () => setHeld((ids) => ids ?? alerts.map((a) => a.id));
  const release = () => {
    if (!list.current?.matches(':hover, :focus-within')) setHeld(null);
  };
  const shown = held ? held.flatMap((id) => alerts.find((a) => a.id === id) ?? []) : alerts;
  const waiting = alerts.length - shown.length;
  return (
    <section ref={list} className="alerts" aria-label={t.alerts}
      onPointerEnter={hold} onFocus={hold} onPointerLeave={() => setTimeout(release)} onBlur={() => setTimeout(release)}>
      <h2>{t.alerts} <span className="count">{alerts.length}</span></h2>
      {waiting > 0 && <Button className="more" onPress={() => setHeld(alerts.map((a) => a.id))}>{t.alertsNew(waiting)}</Button>}
      {alerts.length === 0 && <p className="empty">{t.alertsNone}</p>}
      <ol className="scroll" tabIndex={0} aria-label={t.alerts}>
        {shown.map((a) => <Row key={a.id} alert={a} session={session} place={placeOf(a.principal)} now={now} />)}
      </ol>
    </section>
  );
}

// The one event stream of the page. The browser reconnects and sends
// Last-Event-ID by itself; what only the page can know is that nothing came for
// too long: two missed heartbeats mean that the figures are not current.

import type { Alert, Observation, Principal } from './api';
import { type Pulse, watchPulse } from './pulse';

export type Link = 'connecting' | 'live' | 'lost';

export interface Listener {
  fleet(principals: Principal[]): void;
  alert(alert: Alert): void;
  observation(observation: Observation): void;
  /** Events were missed, or the stream begins: read everything again. */
  reset(): void;
  link(link: Link): void;
  /** The server's clock minus ours, in milliseconds. */
  clockOffset(ms: number): void;
  /** Alarms may be late here: asked for by who attends at a receiver. */
  late?(late: boolean): void;
}

const heartbeatMs = 5_000;
const againMs = 3_000;
const closed = 2;  // EventSource.CLOSED

/** Opens the stream; the returned function closes it. */
export function openStream(listener: Listener, connect = () => new EventSource('/api/v1/stream')): () => void {
  let silence: ReturnType<typeof setTimeout>;
  let again: ReturnType<typeof setTimeout>;
  let source: EventSource;
  const { late } = listener;
  const pulse = late && watchPulse(late);
  const lost = () => listener.link('lost');
  const alive = () => {
    clearTimeout(silence);
    silence = setTimeout(lost, 2 * heartbeatMs + 1_000);
    listener.link('live');
  };
  const on = (name: string, apply: (data: any) => void) =>
    source.addEventListener(name, (event) => {
      alive();
      apply(JSON.parse((event as MessageEvent<string>).data));
    });
  const begin = () => {
    source = connect();
    // What changed before the stream flowed is in none of its events.
    source.onopen = () => listener.reset();
    source.onerror = () => {
      lost();
      // Refused: the browser tries no more. The session may have ended, which a reset finds out.
      if (source.readyState !== closed) return;
      again = setTimeout(begin, againMs);
      listener.reset();
    };
    on('fleet', (data) => listener.fleet(data.principals));
    on('alert', (data) => listener.alert(data));
    on('observation', (data) => listener.observation(data));
    on('reset', () => listener.reset());
    on('pulse', (data: Pulse) => pulse?.beat(data));
    on('heartbeat', (data) => listener.clockOffset(Date.parse(data.at) - Date.now()));
  };
  listener.link('connecting');
  begin();
  return () => {
    clearTimeout(silence);
    clearTimeout(again);
    pulse?.close();
    source.close();
  };
}

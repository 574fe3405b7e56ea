import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openStream, type Link } from './stream';

class FakeSource extends EventTarget {
  onerror: (() => void) | null = null;
  closed = false;
  close() { this.closed = true; }
  send(name: string, data: unknown) { this.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(data) })); }
}

describe('the stream', () => {
  let source: FakeSource;
  let links: Link[];
  let resets: number;
  let close: () => void;
  beforeEach(() => {
    vi.useFakeTimers();
    source = new FakeSource();
    links = [];
    resets = 0;
    close = openStream({
      fleet() {}, alert() {}, observation() {}, clockOffset() {},
      reset: () => { resets += 1; },
      link: (link) => links.push(link),
    }, source as unknown as EventSource);
  });
  afterEach(() => {
    close();
    vi.useRealTimers();
  });

  it('says that it is lost after two missed heartbeats', () => {
    source.send('heartbeat', { at: '2026-02-17T07:30:00Z' });
    expect(links.at(-1)).toBe('live');
    vi.advanceTimersByTime(11_001);
    expect(links.at(-1)).toBe('lost');
  });
  it('is live again with the next event', () => {
    source.onerror?.();
    source.send('heartbeat', { at: '2026-02-17T07:30:00Z' });
    expect(links).toEqual(['connecting', 'lost', 'live']);
  });
  it('asks to read everything again when events were missed', () => {
    source.send('reset', {});
    expect(resets).toBe(1);
  });
});

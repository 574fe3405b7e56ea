import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openStream, type Link } from './stream';

class FakeSource extends EventTarget {
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  readyState = 1;
  close() { this.readyState = 2; }
  send(name: string, data: unknown) { this.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(data) })); }
}

describe('the stream', () => {
  let source: FakeSource;
  let sources: FakeSource[];
  let links: Link[];
  let resets: number;
  let late: boolean[];
  let close: () => void;
  beforeEach(() => {
    vi.useFakeTimers();
    sources = [];
    links = [];
    resets = 0;
    late = [];
    close = openStream({
      fleet() {}, alert() {}, observation() {}, clockOffset() {},
      reset: () => { resets += 1; },
      link: (link) => links.push(link),
      late: (now) => late.push(now),
    }, () => {
      source = new FakeSource();
      sources.push(source);
      return source as unknown as EventSource;
    });
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
  it('asks to read everything when it begins, and when it was away', () => {
    source.onopen?.();
    source.onerror?.();
    source.onopen?.();
    expect(resets).toBe(2);
    expect(sources).toHaveLength(1);
  });
  it('is begun again when the server refused it, and asks why', () => {
    source.readyState = 2;
    source.onerror?.();
    expect(resets).toBe(1);
    vi.advanceTimersByTime(3_000);
    expect(sources).toHaveLength(2);
    source.send('heartbeat', { at: '2026-02-17T07:30:00Z' });
    expect(links.at(-1)).toBe('live');
  });
  it('passes on how the alert router is, until it is closed', () => {
    source.send('pulse', { at: '2026-02-17T07:30:00Z', oldest_unrouted_ms: 7_000 });
    source.send('pulse', { at: '2026-02-17T07:30:01Z', oldest_unrouted_ms: 0 });
    vi.advanceTimersByTime(5_000);
    expect(late).toEqual([true, false, true]);
    source.send('pulse', { at: '2026-02-17T07:30:07Z', oldest_unrouted_ms: 0 });
    close();
    vi.advanceTimersByTime(60_000);
    expect(late).toEqual([true, false, true, false]);
  });
  it('is not begun again once it is closed', () => {
    source.readyState = 2;
    source.onerror?.();
    close();
    vi.advanceTimersByTime(60_000);
    expect(sources).toHaveLength(1);
  });
});

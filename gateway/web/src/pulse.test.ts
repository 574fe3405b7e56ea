import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { watchPulse } from './pulse';

describe('the pulse', () => {
  let said: boolean[];
  let pulse: ReturnType<typeof watchPulse>;
  beforeEach(() => {
    vi.useFakeTimers();
    said = [];
    pulse = watchPulse((late) => said.push(late));
  });
  afterEach(() => {
    pulse.close();
    vi.useRealTimers();
  });

  it('that comes each second is as it should be', () => {
    for (let second = 0; second < 60; ++second) {
      pulse.beat({ oldest_unrouted_ms: 120 });
      vi.advanceTimersByTime(1_000);
    }
    expect(said).not.toContain(true);
  });
  it('that never comes means that alarms may be late', () => {
    vi.advanceTimersByTime(4_999);
    expect(said).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(said).toEqual([true]);
  });
  it('that stops means that alarms may be late', () => {
    pulse.beat({ oldest_unrouted_ms: 0 });
    vi.advanceTimersByTime(5_000);
    expect(said).toEqual([false, true]);
  });
  it('tells of alarms that wait for more than five seconds', () => {
    pulse.beat({ oldest_unrouted_ms: 5_000 });
    pulse.beat({ oldest_unrouted_ms: 5_001 });
    expect(said).toEqual([false, true]);
  });
  it('that is well again ends it', () => {
    vi.advanceTimersByTime(60_000);
    pulse.beat({ oldest_unrouted_ms: 0 });
    expect(said).toEqual([true, false]);
  });
  it('is no matter of a page that is closed', () => {
    pulse.close();
    vi.advanceTimersByTime(60_000);
    expect(said).toEqual([]);
  });
});

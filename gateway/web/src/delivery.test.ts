import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Alert, api, type Session } from './api';
import { confirmWhenSeen, offerOf } from './delivery';

const session = { client: 'centre-1480', role: 'alarm_centre', principal: '1480', units: [] } as Session;
const offered = {
  id: 'a1', version: 2, state: 'offered', receiver: 'centre-1480', next_action_at: '2026-02-17T07:31:00Z',
} as Alert;

describe('an offer', () => {
  it('is what waits for this receiver', () => {
    expect(offerOf(offered, session)).toBeDefined();
    expect(offerOf({ ...offered, receiver: 'staff-1480' }, session)).toBeUndefined();
    expect(offerOf({ ...offered, state: 'accepted' }, session)).toBeUndefined();
  });
  it('stays the same when it has been confirmed', () => {
    expect(offerOf({ ...offered, version: 3 }, session)).toBe(offerOf(offered, session));
  });
  it('is another one when it is made again', () => {
    expect(offerOf({ ...offered, next_action_at: '2026-02-17T07:32:00Z' }, session)).not.toBe(offerOf(offered, session));
  });
});

describe('a delivery', () => {
  let draw: (ratio: number) => void;
  let watched: number;
  const row = {} as Element;
  const delivered = vi.spyOn(api, 'delivered');

  beforeEach(() => {
    watched = 0;
    delivered.mockReset().mockResolvedValue(undefined);
    vi.stubGlobal('IntersectionObserver', class {
      constructor(report: (entries: { intersectionRatio: number }[]) => void) {
        draw = (intersectionRatio) => watched > 0 && report([{ intersectionRatio }]);
      }
      observe() { watched += 1; }
      disconnect() { watched = 0; }
    });
  });
  afterEach(() => void vi.unstubAllGlobals());

  it('is confirmed with the version on the screen when the row is seen, once', () => {
    confirmWhenSeen(row, () => offered);
    expect(delivered).not.toHaveBeenCalled();
    draw(1);
    draw(1);
    expect(delivered.mock.calls).toEqual([['a1', 2]]);
  });
  it('is not confirmed for a row that is scrolled away, or almost', () => {
    confirmWhenSeen(row, () => offered);
    draw(0);
    draw(0.2);
    expect(delivered).not.toHaveBeenCalled();
  });
  it('is not confirmed for a row that went before it was seen', () => {
    confirmWhenSeen(row, () => offered)();
    draw(1);
    expect(delivered).not.toHaveBeenCalled();
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Problem } from './api';
import { insist } from './insist';

describe('insisting', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const asked = async (...answers: (Error | string)[]) => {
    const ask = vi.fn(() => {
      const answer = answers.shift() ?? 'again';
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    });
    const giveUp = insist(ask);
    await vi.advanceTimersByTimeAsync(0);
    return { ask, giveUp };
  };

  it('ends with the first answer', async () => {
    const { ask } = await asked('taken');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(ask).toHaveBeenCalledTimes(1);
  });
  it('goes on while the server cannot, or the network is away', async () => {
    const { ask } = await asked(new Problem(503, 'busy'), new TypeError('network'), new Problem(409, 'not attending'), 'taken');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(ask).toHaveBeenCalledTimes(4);
  });
  it('takes no for an answer', async () => {
    const { ask } = await asked(new Problem(403, 'not yours'));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(ask).toHaveBeenCalledTimes(1);
  });
  it('can be given up', async () => {
    const { ask, giveUp } = await asked(new Problem(503, 'busy'));
    giveUp();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(ask).toHaveBeenCalledTimes(1);
  });
});

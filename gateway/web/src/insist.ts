import { Problem } from './api';

const pauseMs = 2_000;

/** Asks again after a pause until it is answered, or refused for good; the returned function gives up. */
export function insist(ask: () => Promise<unknown>): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let over = false;
  const attempt = () => void ask().catch((error: unknown) => {
    if (over || (error instanceof Problem && !error.passes)) return;
    timer = setTimeout(attempt, pauseMs);
  });
  attempt();
  return () => {
    over = true;
    clearTimeout(timer);
  };
}

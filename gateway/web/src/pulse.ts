// The alert router's pulse, which the gateway passes on each second to who attends at a receiver. Without it, or when
// it tells of alarms that nobody has been offered yet, this page is no place to wait for alarms.

/** Age of the oldest alarm that has arrived and reached nobody yet; 0 for none. */
export interface Pulse { oldest_unrouted_ms: number }

const patienceMs = 5_000;

/** Says, as often as it knows, whether alarms may be late here; the first pulse is awaited as long as any other. */
export function watchPulse(say: (late: boolean) => void): { beat(pulse: Pulse): void; close(): void } {
  let silence: ReturnType<typeof setTimeout>;
  const wait = () => {
    silence = setTimeout(() => say(true), patienceMs);
  };
  wait();
  return {
    beat({ oldest_unrouted_ms }) {
      clearTimeout(silence);
      wait();
      say(oldest_unrouted_ms > patienceMs);
    },
    close: () => clearTimeout(silence),
  };
}

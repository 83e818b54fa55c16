import type { Pause } from '../../shared/contract.ts';
import type { KeptPause } from './local-facts.ts';

const minute = 60_000;
/** "Until tomorrow" ends before the shop opens and after the night's work at HQ. */
const morningHour = 4;

/** When a pause that begins now ends; "tomorrow" by the clock on this terminal's wall. */
export function pauseFrom(how: Pause, now: number): KeptPause {
  switch (how) {
    case '30m':
      return { since: now, until: now + 30 * minute };
    case '2h':
      return { since: now, until: now + 120 * minute };
    case 'tomorrow': {
      const morning = new Date(now);
      morning.setDate(morning.getDate() + 1);
      morning.setHours(morningHour, 0, 0, 0);
      return { since: now, until: morning.getTime() };
    }
    case 'until-resumed':
      return { since: now, until: null };
  }
}

import { z } from 'zod';
import type { Pause } from '../../shared/contract.ts';

/** A pause as it survives a restart. Milliseconds since 1970; `until` null: until a person resumes. */
export interface KeptPause {
  readonly since: number;
  readonly until: number | null;
}

/** `sync_meta` of the host's own. */
export const PAUSE_META = 'host_pause';

const keptPause = z.object({ since: z.number(), until: z.number().nullable() });

/** A pause that cannot be read is none: sync that goes on is the smaller surprise. */
export function parsePause(text: string | null): KeptPause | null {
  if (text === null) return null;
  try {
    return keptPause.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

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

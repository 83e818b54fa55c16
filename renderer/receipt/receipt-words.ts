import type { ReceiptAnswer, StatusView } from '../../shared/views.ts';

/** The key of a headline, and the time that stands in it; null: it names none. */
export interface Headline {
  readonly key: string;
  readonly at: number | null;
}

/** When something saved here will be sent: nothing is promised that the state of the moment does not hold. */
function sending(status: StatusView | null): Headline {
  const say = (when: string, at: number | null = null): Headline => ({
    key: `receipt.sent.${when}`,
    at,
  });
  if (status === null) return say('soon');
  const { facts, nextRunAt } = status;
  const { state } = status.status;
  if (state === 'error') return say('stopped');
  if (state === 'paused' || state === 'offline') return say(state);
  if (facts.running !== null) return say('soon');
  if (facts.mode === 'manual') return say('manual');
  return nextRunAt !== null && nextRunAt > facts.now ? say('at', nextRunAt) : say('soon');
}

/** The one sentence of an answer. */
export function headlineOf(
  { state, atHqSince }: Pick<ReceiptAnswer, 'state' | 'atHqSince'>,
  status: StatusView | null,
): Headline {
  if (state === 'queued') return sending(status);
  if (state === 'at-hq' && atHqSince !== null) {
    return { key: 'receipt.at-hq.since', at: atHqSince };
  }
  return { key: `receipt.${state}`, at: null };
}

/** A time of today is clear as a clock time; any other needs its day. Both in milliseconds since 1970. */
export function isSameDay(a: number, b: number): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString();
}

/** No row with the number is an answer too. */
export function answersTo(
  number: string,
  found: readonly ReceiptAnswer[],
): readonly ReceiptAnswer[] {
  if (found.length > 0) return found;
  const nothing = { madeAt: null, atHqSince: null, hqId: null, message: null };
  return [{ ...nothing, number, table: '', state: 'unknown', here: false }];
}

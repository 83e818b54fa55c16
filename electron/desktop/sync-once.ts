import type { HostEvent } from '../../shared/contract.ts';
import type { StatusView } from '../../shared/views.ts';
import type { Host } from '../host/host-types.ts';

/** For one who waits with a hand on the switch. */
const deadlineMs = 60_000;

/**
 * Asks for a cycle and waits for its end, whatever that is: done, refused, HQ out of reach, or nothing heard for a
 * minute. What is left afterwards stands in `host.current()`.
 */
export async function syncOnce(
  host: Pick<Host, 'call' | 'subscribe' | 'current'>,
  limitMs = deadlineMs,
): Promise<void> {
  const before = host.current().lastRun?.at ?? null;
  const ended = Promise.withResolvers<void>();
  let started = false;
  const look = ({ facts, queued, lastRun }: StatusView): void => {
    const running = facts.running !== null || queued;
    started ||= running || (lastRun?.at ?? null) !== before;
    if (started && !running) ended.resolve();
  };
  const unsubscribe = host.subscribe((event: HostEvent) => {
    if (event.type === 'status') look(event.status);
  });
  const timer = setTimeout(ended.resolve, limitMs);
  try {
    const caller = { role: 'manager', surface: 'desktop' } as const;
    const reply = await host.call(caller, 'startSync', { direction: 'both' });
    if (!reply.ok) return;
    look(host.current());
    await ended.promise;
  } finally {
    clearTimeout(timer);
    unsubscribe();
  }
}

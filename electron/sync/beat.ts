/** The heartbeat, and what rides on it. */
import type { Beside } from './beside.ts';
import type { Run } from './engine.ts';
import type { Heartbeat } from './ports.ts';

/**
 * Tells HQ where this terminal is and purges a slice of HQ's feed where the answer says that one is due (DESIGN 3.5). It is a
 * statement of its own: whatever goes wrong with it has neither the heartbeat nor the run in it.
 */
export async function beat(
  run: Pick<Run, 'remote'>,
  heartbeat: Heartbeat,
  beside: Beside,
): Promise<void> {
  const { purgeDue } = await run.remote.heartbeat(heartbeat);
  if (purgeDue && beside.isDue('purge')) await beside.ask('purge', () => run.remote.purge());
}

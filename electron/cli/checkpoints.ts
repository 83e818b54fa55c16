import type { Command } from 'commander';
import type { Checkpoint } from '../host/app-types.ts';
import { done } from './outcome.ts';
import { withApp, withExample, type Session } from './session.ts';
import { textTable } from './text.ts';

function stateOf({ loaded, reload }: Checkpoint): string {
  if (reload) return 'will be compared';
  return loaded ? 'follows the feed' : 'first load';
}

export function checkpointsText(checkpoints: readonly Checkpoint[]): string {
  if (checkpoints.length === 0) return 'No table has been loaded yet.';
  return textTable(checkpoints, [
    { title: 'Table', value: ({ table }) => table },
    { title: 'position', value: ({ xid, seq }) => `${xid}/${seq}` },
    { title: 'state', value: stateOf },
    { title: 'saved', value: ({ updatedAt }) => updatedAt },
  ]);
}

export function addCheckpoints(program: Command, session: Session): void {
  const command = program
    .command('checkpoints')
    .description("how far each table has read HQ's changes; needs no HQ");
  withExample(command, 'checkpoints').action(() =>
    withApp(session, 'local', async ({ app }) => {
      const checkpoints = await app.checkpoints();
      return done(checkpoints, checkpointsText(checkpoints));
    }),
  );
}

import type { HeldRow } from '../../../shared/rows.ts';
import { count } from '../../cli/text.ts';
import { cycle, pause, type Play } from './cycles.ts';
import type { Helper } from './helper.ts';
import { heldLine, refusedLine, story } from './show.ts';
import { movedIn } from './tally.ts';

/** What happened to the row that had to wait. */
export interface WaitingScene {
  readonly held: readonly HeldRow[];
  readonly released: boolean;
}

const paceMs = 800;
/** Both sides stand still by then: every row goes with the first or, after a wait, the second. */
const mostCycles = 6;

/** The till sells and the back office works, while cycle after cycle brings both in step. */
export async function busyScene(
  play: Play,
  pos: Helper,
  office: Helper,
  cycles: number,
): Promise<void> {
  await pos.ask('open shift');
  await Promise.all([pos.ask('work'), office.ask('work')]);
  for (let done = 0; done < cycles && !play.signal.aborted; done += 1) {
    await pause(play, paceMs);
    await cycle(play);
    // Hears of a program that has ended.
    await Promise.all([pos.ask('tally'), office.ask('tally')]);
  }
  await pos.ask('rest');
}

/**
 * A shift is opened with a mistyped amount. HQ refuses it, so what was sold in it has to wait for it; once the
 * cashier has corrected the amount, everything goes by itself. Played to its end also when the demo is to stop.
 */
export async function waitingScene(play: Play, pos: Helper): Promise<WaitingScene> {
  const { app, catalogue, print } = play;
  print(
    story('The cashier opens a shift and types 1500.00 instead of 150.00. HQ allows 500 at most:'),
  );
  await pos.ask('open mistyped shift');
  await pos.ask('sell');
  await cycle(play);
  const [held, rejected] = [await app.held(), await app.rejected()];
  for (const row of rejected) print(refusedLine(row, catalogue));
  const [first] = held.filter((row) => row.table === 'orders');
  if (first !== undefined) print(heldLine(first, catalogue));
  const others = held.length - 1;
  print(
    story(
      `${count(others, 'more row')} of that sale ${others === 1 ? 'waits' : 'wait'} too. All else moves on.`,
    ),
  );
  await pause(play, 2 * paceMs);
  print(story('The cashier corrects the amount. Nobody touches the rows that wait:'));
  await pos.ask('correct shift');
  const released = await cycleUntilReleased(play);
  if (released && first !== undefined)
    print(
      story(
        `Released by itself: ${first.table}:${first.id} and its ${count(others, 'row')} are at HQ.`,
      ),
    );
  return { held, released };
}

async function cycleUntilReleased(play: Play): Promise<boolean> {
  for (let cycles = 0; cycles < mostCycles; cycles += 1) {
    await cycle(play);
    if ((await play.app.held()).length + (await play.app.rejected()).length === 0) return true;
  }
  return false;
}

/** Both programs stop, and cycles run until there is nothing left to move. */
export async function lastScene(play: Play, pos: Helper, office: Helper): Promise<void> {
  play.print(story('Both programs stop. PayFlow brings the rest:'));
  await Promise.all([pos.ask('rest'), office.ask('rest')]);
  for (let cycles = 0; cycles < mostCycles; cycles += 1) {
    if (movedIn(await cycle(play)) === 0) return;
  }
}

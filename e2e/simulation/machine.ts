/** Plays a history in a house, heals everything, and says what is wrong then. */
import type { RunReport } from '../../shared/report.ts';
import { SINGLE_TABLES, type History, type Step } from './history.ts';
import type { House } from './house.ts';
import { judge } from './judge.ts';
import { Loss } from './loss.ts';
import { at } from './pos-program.ts';
import type { Till } from './till.ts';

/** After a history everything must be quiet after so many cycles of every terminal. */
const MOST_ROUNDS = 8;

/**
 * What is wrong, in sentences; empty: nothing. `askProduct`: its own data check is asked too, which costs as much as the
 * rest of a short history.
 */
export async function play(house: House, history: History, askProduct = true): Promise<string[]> {
  await house.reset(history.terminals);
  const wrong: string[] = [];
  const tills = house.tills.slice(0, history.terminals);
  for (const [index, step] of history.steps.entries()) {
    const problem = await perform(house, tills, step);
    if (problem !== null) wrong.push(`step ${String(index + 1)}: ${problem}`);
  }
  await house.settle();
  wrong.push(...(await quieten(tills)));
  if (askProduct) for (const till of tills) wrong.push(...(await till.verify()));
  wrong.push(...(await judge(house, history.terminals)));
  return wrong;
}

async function perform(house: House, tills: readonly Till[], step: Step): Promise<string | null> {
  if ('hq' in step) await house.office.write(step.hq);
  else if ('pos' in step) at(tills, step.at).pos.write(step.pos);
  else if ('resolve' in step) {
    // Both values have been seen by whoever chose.
    for (const value of await at(tills, step.resolve).resolve(step.conflict, step.keep))
      house.ledger.sawGo(value);
  } else if ('copy' in step) at(tills, step.copy).copy();
  else if ('restore' in step) {
    const till = at(tills, step.restore);
    const loss = new Loss(house, till.place.code);
    await till.restore((file, when) => (when === 'before' ? loss.before(file) : loss.after(file)));
  } else if ('clone' in step) {
    const report = await at(tills, step.clone).syncClone();
    if (report.error === undefined) return 'a clone has synced';
  } else if ('reset' in step) await at(tills, step.reset).askToCompare(tableOf(step.table));
  else if ('skew' in step) at(tills, step.skew).line.skew = step.seconds;
  else {
    const till = at(tills, step.sync);
    till.line.begin(step.fault);
    const report = await till.sync(step.direction, tableOf(step.table));
    const broken = till.line.end();
    await till.line.deliverLate();
    if (report.error !== undefined && !broken) return failed(till, report);
  }
  return null;
}

const tableOf = (table: number | null): string | null =>
  table === null ? null : at(SINGLE_TABLES, table);

const failed = (till: Till, { error }: RunReport): string =>
  `the cycle of ${till.place.code} failed: ${error?.code ?? ''} ${JSON.stringify(error?.params ?? {})}`;

/** Cycles of all terminals until one round moves nothing (invariant 8). */
async function quieten(tills: readonly Till[]): Promise<string[]> {
  for (let round = 1; ; round += 1) {
    let moved = false;
    for (const till of tills) {
      till.line.begin(null);
      const report = await till.sync('both', null);
      if (report.error !== undefined) return [failed(till, report)];
      moved ||= [report.download, report.upload].some(
        ({ applied, deleted, conflicts }) => applied + deleted + conflicts > 0,
      );
    }
    if (!moved) return [];
    if (round === MOST_ROUNDS) return [`not quiet after ${String(MOST_ROUNDS)} rounds`];
  }
}

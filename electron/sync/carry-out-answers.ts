/**
 * Carries out what a manager answered at the gate against mass removals (DESIGN 5.3). `hq`: HQ's side holds in this
 * table, so what HQ deleted goes here too, and what the POS deleted comes back. `local`: this terminal's side holds, so
 * the rows stay here (listed, and explained in the data check), and what the POS deleted is deleted at HQ.
 */
import { applyPage } from './download/apply.ts';
import { tryAgain } from './download/held-rows.ts';
import { addAbsent, addArrivals, emptyPage } from './download/page.ts';
import { preparePage } from './download/prepare.ts';
import type { TablePlan } from '../../shared/plan.ts';
import type { Run } from './engine.ts';
import type { ConfirmQuestion, Held } from './local-port.ts';

/** Rows per transaction where only their state changes. */
const MOVED_AT_ONCE = 5_000;

/** Begins where an earlier cycle was cut off; ends when every answer is carried out. */
export async function carryOutAnswers(run: Run): Promise<void> {
  for (const question of run.local.read(() => run.local.questions())) {
    if (question.answer === null) {
      closeIfMoot(run, question);
      continue;
    }
    run.log.info('carrying out an answer about removals', { ...question });
    if (run.index.has(question.table)) await carryOut(run, question);
    run.local.write(() => {
      run.local.closeQuestion(question);
    });
    run.at('confirm:answered');
  }
}

/** The rows came back at HQ, or were made anew here: there is nothing left to ask about. */
function closeIfMoot(run: Run, question: ConfirmQuestion): void {
  const { table, direction } = question;
  if (run.local.read(() => run.local.atGate(table, direction, ['asked'], 1)).length > 0) return;
  run.local.write(() => {
    run.local.closeQuestion(question);
  });
}

async function carryOut(run: Run, question: ConfirmQuestion): Promise<void> {
  const { direction, answer } = question;
  if (answer === 'local') {
    const to = direction === 'download' ? 'stays' : 'goes';
    while (run.local.write(() => run.local.moveAtGate(question, 'asked', to, MOVED_AT_ONCE)) > 0)
      run.checkCancelled();
    return;
  }
  const table = run.index.table(question.table);
  for (let before = ''; ;) {
    run.checkCancelled();
    const rows = run.local.read(() =>
      run.local.atGate(table.name, direction, ['asked', 'stays'], run.limits.pageSize),
    );
    // What was carried out is at the gate no more: the same row first again means that it cannot be.
    const first = rows[0]?.id;
    if (first === undefined || first === before) return;
    before = first;
    if (direction === 'download') await tryAgain(run, rows, { exempt: true });
    else await bringBack(run, table, rows);
  }
}

/** HQ's rows come back over deletes of the POS; what the POS made anew under the same name is left alone. */
async function bringBack(run: Run, table: TablePlan, held: readonly Held[]): Promise<void> {
  const localIds = held.map((row) => row.id);
  const keys = [...run.local.read(() => run.local.serverIds(table, localIds)).values()];
  const page = emptyPage();
  addArrivals(page, table, await run.remote.readRows(table, keys), {
    editedAt: await run.remote.editTimes(table, keys),
    force: true,
  });
  const found = page.arrivals.get(table.name);
  await addAbsent(
    run,
    page,
    table,
    keys.filter((key) => found?.has(key) !== true),
  );
  const facts = await preparePage(run, page);
  run.local.write(() => {
    const here = run.local.rows(table, localIds);
    const upto = run.local.lastSeq();
    const deleted = localIds.filter((localId) => !here.has(localId));
    run.local.dropEntries(
      table,
      deleted.map((localId) => ({ localId, upto })),
    );
    for (const localId of localIds) run.local.release(table.name, localId, 'upload');
    applyPage(run, page, facts);
  });
}

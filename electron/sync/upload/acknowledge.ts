import { groupBy, type Run } from '../engine.ts';
import { applyPage } from '../download/apply.ts';
import { forgetRecreated } from '../download/delete-against-edit.ts';
import { addArrivals, emptyPage } from '../download/page.ts';
import { logUndoneDelete } from '../download/undo-edits.ts';
import { preparePage } from '../download/prepare.ts';
import { noteSent } from '../oversold.ts';
import { followNames } from '../repair-outbox.ts';
import type { Acknowledged } from '../local-port.ts';
import type { Batch, BatchGroup, BatchReply, PlainAnswer, RowOutcome } from '../ports.ts';
import { refusalOf } from './read-outbox.ts';

/**
 * Takes in what HQ says of a batch: accepted rows lose exactly the entries that were sent, refused and waiting
 * rows are listed, and the rows HQ returned are stored in the same transaction (DESIGN 6.5). An edit made
 * meanwhile stays in the outbox.
 */
export async function acknowledge(run: Run, sent: Batch, reply: BatchReply): Promise<void> {
  const outcomes = new Map(
    reply.outcomes.map((outcome) => [`${outcome.table}\0${outcome.key}\0${outcome.op}`, outcome]),
  );
  const inserted = insertedRows(sent);
  const page = emptyPage();
  for (const [name, group] of groupBy(reply.rows, (entry) => entry.table)) {
    const table = run.index.table(name);
    addArrivals(
      page,
      table,
      group.map((entry) => entry.row),
      { editedAt: new Map(group.map(({ row, edit }) => [row.key, edit])), force: true },
    );
  }
  const facts = await preparePage(run, page);
  run.at('upload:before-acknowledge');
  run.local.write(() => {
    followNames(run);
    const batch = run.local.underNewNames(sent);
    for (const group of batch.groups) acknowledgeGroup(run, batch, group, outcomes, inserted);
    applyPage(run, page, facts);
    run.local.closeBatch(batch.number);
    if (reply.ownXid !== null) run.local.addOwnXid(reply.ownXid);
  });
  run.at('upload:acknowledged');
}

/** The same for a batch that HQ took as it was sent: nothing to ask, nothing to store but that. */
export function acknowledgePlainly(run: Run, sent: Batch, { ownXid }: PlainAnswer): void {
  const inserted = insertedRows(sent);
  run.local.write(
    () => {
      followNames(run);
      const batch = run.local.underNewNames(sent);
      for (const group of batch.groups) acknowledgeGroup(run, batch, group, NO_OUTCOMES, inserted);
      run.local.closeBatch(batch.number);
      if (ownXid !== null) run.local.addOwnXid(ownXid);
    },
    // Saved before that HQ has taken it: a power cut leaves it to be acknowledged once more.
    { flush: false },
  );
  run.at('upload:acknowledged');
}

const NO_OUTCOMES: ReadonlyMap<string, RowOutcome> = new Map();

/** Rows (`table\0key`) that this batch inserts and then sets; a batch without updates has none. */
function insertedRows(batch: Batch): Set<string> {
  if (!batch.groups.some((group) => group.op === 'update')) return new Set();
  return new Set(
    batch.groups
      .filter((group) => group.op === 'insert')
      .flatMap((group) => group.keys.map((key) => `${group.table}\0${key}`)),
  );
}

function acknowledgeGroup(
  run: Run,
  batch: Batch,
  group: BatchGroup,
  outcomes: ReadonlyMap<string, RowOutcome>,
  inserted: ReadonlySet<string>,
): void {
  const table = run.index.table(group.table);
  const accepted: Acknowledged[] = [];
  const waiting: string[] = [];
  const refused: string[] = [];
  // Next to no batch has any of these: the names that rows are looked up by cost as much as the rest.
  const isPlain = outcomes.size === 0 && inserted.size === 0;
  for (const [index, key] of group.keys.entries()) {
    const localId = group.localIds[index] ?? '';
    const upto = group.upto[index] ?? 0;
    const entries = group.entries[index] ?? '';
    const row = isPlain ? '' : `${group.table}\0${key}`;
    const outcome = isPlain ? undefined : outcomes.get(`${row}\0${group.op}`);
    // References that were to be set after the insert: accepted with it, or still to be set.
    if (group.op === 'update' && inserted.has(row) && outcome === undefined) continue;
    if (group.op === 'insert' && outcome === undefined && outcomes.has(`${row}\0update`)) {
      acknowledgeHalf(run, batch, group, index);
      continue;
    }
    const deleted = group.op === 'delete';
    // What both sides have deleted is deleted; what HQ has given to others in the meantime is theirs.
    if (outcome === undefined || (deleted && outcome.result === 'gone')) {
      if (outcome?.elsewhere === true)
        logUndoneDelete(run, 'upload', table, key, group.at[index] ?? '');
      accepted.push({
        localId,
        serverId: deleted ? null : key,
        hash: deleted ? null : (group.hashes[index] ?? null),
        entries,
        seq: entries === '' || entries.includes(',') ? null : upto,
      });
      continue;
    }
    if (outcome.result === 'held') {
      waiting.push(localId);
      run.local.hold({
        table: table.name,
        id: localId,
        direction: 'upload',
        op: 'upsert',
        missing: outcome.missing ?? [],
        payload: null,
      });
      run.counters.list('upload', table.name, 'held', localId);
    } else if (outcome.result !== 'changed') {
      refused.push(localId);
      run.refused.add(refusalOf({ table: table.name, id: localId, seq: upto }));
      run.local.reject({
        table: table.name,
        id: localId,
        direction: 'upload',
        code: outcome.result === 'gone' ? 'DELETED_AT_HQ' : (outcome.code ?? 'HQ_REFUSED_ROW'),
        params: { table: table.name, id: localId, ...outcome.params },
        payload: null,
        seq: upto,
      });
      run.counters.list('upload', table.name, 'rejected', localId);
    }
  }
  // Of a batch that is sent again the numbers may be of another count: any entry of a row may be newer.
  run.local.acknowledge(table, batch.id, accepted, batch.after === undefined ? batch.upto : 0);
  const taken = accepted.map(({ localId }) => localId);
  if (group.op === 'insert') forgetRecreated(run, table, taken);
  if (group.op === 'update') noteSent(run, table, group.adds, taken);
  run.local.setStatus(table, waiting, 'held');
  run.local.setStatus(table, refused, 'error');
  run.counters.count(
    'upload',
    table.name,
    group.op === 'delete' ? 'deleted' : 'applied',
    accepted.length,
  );
}

/**
 * HQ has the row without its reference to a row that it refused: known, and pending with what was sent as its base. A
 * second insert would make it twice where HQ numbers its rows.
 */
function acknowledgeHalf(run: Run, batch: Batch, group: BatchGroup, row: number): void {
  const table = run.index.table(group.table);
  const localId = group.localIds[row] ?? '';
  const serverId = group.keys[row] ?? '';
  run.local.acknowledge(
    table,
    batch.id,
    [{ localId, serverId, hash: null, entries: '', seq: null }],
    0,
  );
  const sent = group.values.map((column) => column[row] ?? null);
  run.local.setBase(table, localId, group.upto[row] ?? 0, sent);
}

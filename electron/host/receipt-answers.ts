/** Where a sale stands, for who types the number of its receipt. */
import type { TablePlan } from '../../shared/plan.ts';
import { heldMessage } from '../../shared/rows.ts';
import type { ReceiptAnswer } from '../../shared/views.ts';
import { rowsByNumber, wayToHq, type NumberPlace } from '../local/find-number.ts';
import { heldEntry, rejectedEntry } from '../local/listed-pages.ts';
import type { RowStore } from '../local/row-store.ts';
import type { LocalRow } from '../sync/local-port.ts';
import { rowsOf, timeOf, type PlannedFile } from './planned-file.ts';
import { placesIn, type ReceiptPlaces } from './receipt-places.ts';
import { shownLocal } from './shown-values.ts';

const receiptsShown = 20;

/** One answer per row with the number; one that says `unknown` where there is none. */
export function receiptAnswers(
  file: PlannedFile,
  receipts: ReceiptPlaces,
  typed: string,
): ReceiptAnswer[] {
  const number = typed.trim();
  if (number === '') return [];
  const places = placesIn(file.plan, receipts);
  const found = places.flatMap((place) => {
    const store = rowsOf(file);
    return rowsByNumber(file.db, place, number, receiptsShown).map((row) => {
      const values = store.rows(place.table, [row.localId]).get(row.localId)?.values ?? [];
      return receiptAnswer(file, place, row, values, store);
    });
  });
  if (found.length > 0) return found;
  const unknown = { madeAt: null, atHqSince: null, hqId: null, message: null, here: false };
  return [{ number, table: places[0]?.table.name ?? '', state: 'unknown', ...unknown }];
}

function receiptAnswer(
  file: PlannedFile,
  { table, made }: NumberPlace,
  { localId, number }: { readonly localId: string; readonly number: string },
  values: LocalRow['values'],
  store: RowStore,
): ReceiptAnswer {
  const way = wayToHq(file.db, table, localId);
  const key = { table: table.name, id: localId, direction: 'upload' } as const;
  const rejected = rejectedEntry(file.db, key);
  const held = heldEntry(file.db, key);
  const stands = { number, table: table.name, here: isOwn(file, table, values, way.kept, store) };
  const madeAt = made === null ? null : madeTime(table, made, values);
  const base = { ...stands, madeAt, atHqSince: null, hqId: way.serverId };
  if (rejected !== null) {
    const { code, params } = rejected;
    return { ...base, state: 'rejected', message: { code, params } };
  }
  if (held !== null) return { ...base, state: 'held', message: heldMessage(held) };
  if (way.unsent || way.serverId === null) return { ...base, state: 'queued', message: null };
  return { ...base, state: 'at-hq', atHqSince: timeOf(way.syncedAt), message: null };
}

/** A time of payflow.db without a zone is UTC. */
function madeTime(
  table: TablePlan,
  made: NonNullable<NumberPlace['made']>,
  values: LocalRow['values'],
): number | null {
  const text = shownLocal(made, values[table.columns.indexOf(made)] ?? null);
  return text === null ? null : timeOf(`${text.replace(' ', 'T')}Z`);
}

/** Of this terminal: the row says so, or says nothing and is not here for the sake of another. */
function isOwn(
  { plan, terminal }: PlannedFile,
  table: TablePlan,
  values: LocalRow['values'],
  kept: boolean,
  store: RowStore,
): boolean {
  if (kept) return false;
  const index = table.columns.findIndex(({ local }) => local === table.terminalColumn);
  const says = index < 0 ? null : (values[index] ?? null);
  if (says === null) return true;
  const terminals = plan.tables.find(({ name }) => name === plan.terminals.table);
  const own =
    terminals === undefined ? undefined : store.known(terminals, [terminal]).get(terminal)?.localId;
  return says === (own ?? terminal);
}

/** The window's lists over payflow.db: reads only, and works without HQ. */
import type { Message } from '../../shared/report.ts';
import { heldMessage, type NoticeRow } from '../../shared/rows.ts';
import type { NoticeShown, OversoldShown, RunPoint, RunShown } from '../../shared/views.ts';
import { recordsMoved } from '../../shared/report.ts';
import { conflictPage, type ConflictEntry } from '../local/conflict-log.ts';
import { askedQuestions } from '../local/gate-store.ts';
import { movingRuns, runPage, type RunEntry } from '../local/history-pages.ts';
import {
  heldEntry,
  heldPage,
  rejectedEntry,
  rejectedPage,
  waitersOf,
  waitingGroups,
  type HeldEntry,
  type RejectedEntry,
} from '../local/listed-pages.ts';
import { noticePage } from '../local/notices.ts';
import type { ReadableDb } from '../local/open.ts';
import { oversoldPage } from '../local/oversold.ts';
import type {
  ConflictFound,
  DeskReader,
  DetailFound,
  HeldFound,
  ListedFound,
  RejectedDetailFound,
  RejectedFound,
  RowKey,
} from './desk-types.ts';
import { restorationOf, shownConflict } from './conflict-choices.ts';
import { receiptAnswers } from './receipt-answers.ts';
import { localRowOf, rowsOf, tableOf, timeOf, type PlannedFile } from './planned-file.ts';
import type { ReceiptPlaces } from './receipt-places.ts';
import { isEditable, shownLocal, shownPayload, shownRow } from './shown-values.ts';

export type LocalDesk = Omit<DeskReader, 'testConnection'>;

/** The chart's bars. */
const points = 50;

/**
 * Reasons that no edit of the row takes away. What an edit could heal but does not is merely refused once more, so this
 * names only the hopeless ones.
 */
const beyondEdit: ReadonlySet<string> = new Set([
  'HQ_OWNS_TABLE',
  'APPEND_ONLY',
  'DELETED_AT_HQ',
  'ROW_OUT_OF_SCOPE',
  'ROW_NOT_ALLOWED',
]);

/** `file` null: there is no payflow.db yet, and every list is empty. */
export function localDesk(
  file: () => PlannedFile | null,
  receipts: () => ReceiptPlaces,
): LocalDesk {
  const nothing = { rows: [], total: 0 };
  /** Answers of a file that is there; each call sees one snapshot of it. */
  const from = <T>(otherwise: T, read: (file: PlannedFile) => T): T => {
    const opened = file();
    return opened === null ? otherwise : opened.db.transaction(() => read(opened))();
  };
  return {
    heldGroups: async (page) =>
      from(nothing, (opened) => {
        const { rows, total } = waitingGroups(opened.db, page);
        return {
          rows: rows.map(({ direction, parentTable, parentId, why, waiting, since, tries }) => ({
            key: { direction, parentTable, parentId },
            why,
            waiting,
            since: Date.parse(since),
            tries,
            detail: parentDetail(opened.db, { table: parentTable, id: parentId, direction }, why),
          })),
          total,
        };
      }),
    heldRows: async ({ group, ...page }) =>
      from(nothing, ({ db }) => {
        const { rows, total } = heldPage(db, page, group);
        return { rows: rows.map(heldFound), total };
      }),
    rejectedRows: async (page) =>
      from(nothing, (opened) => {
        const { rows, total } = rejectedPage(opened.db, page);
        const editable = editableRows(opened, rows);
        return { rows: rows.map((row) => rejectedFound(row, editable.has(row))), total };
      }),
    heldRow: async (key) =>
      from(null, (opened): DetailFound | null => {
        const entry = heldEntry(opened.db, key);
        if (entry === null) return null;
        return { key, message: heldMessage(entry), values: valuesOf(opened, key, entry.payload) };
      }),
    rejectedRow: async (key) =>
      from(null, (opened): RejectedDetailFound | null => {
        const entry = rejectedEntry(opened.db, key);
        return entry === null ? null : rejectedDetail(opened, key, entry);
      }),
    listed: async ({ limit }) =>
      from([], ({ db }): ListedFound[] => {
        const held = heldPage(db, { offset: 0, limit }, null).rows.map((row): ListedFound => ({
          ...heldFound(row),
          rejected: false,
          missing: row.missing.map(({ refTable, refId, why }) => ({
            table: refTable,
            id: refId,
            why,
          })),
        }));
        const rest = { offset: 0, limit: Math.max(0, limit - held.length) };
        const rejected = rejectedPage(db, rest).rows.map((row): ListedFound => {
          const { key, message, since, tries } = rejectedFound(row, false);
          return { key, message, since, tries, rejected: true, missing: [] };
        });
        return [...held, ...rejected];
      }),
    waitersOf: async (group) => from([], ({ db }) => waitersOf(db, group)),
    conflicts: async ({ search, ...page }) =>
      from(nothing, (opened) => {
        const { rows, total } = conflictPage(opened.db, page, search);
        return { rows: rows.map((row) => conflictFound(opened, row)), total };
      }),
    oversold: async (page) => from(nothing, (opened) => oversoldFound(opened, page)),
    findReceipt: async ({ number }) =>
      from([], (opened) => receiptAnswers(opened, receipts(), number)),
    runs: async ({ status, ...page }) =>
      from(nothing, ({ db }) => {
        const { rows, total } = runPage(db, page, status === 'all' ? null : status);
        return { rows: rows.map(runShown), total };
      }),
    notices: async (page) =>
      from(nothing, ({ db }) => {
        const { rows, total } = noticePage(db, page);
        return { rows: rows.map(noticeShown), total };
      }),
    removals: async () => from([], ({ db }) => askedQuestions(db)),
    runPoints: async () => from([], ({ db }) => movingRuns(db, points).map(pointOf)),
  };
}

function conflictFound(file: PlannedFile, entry: ConflictEntry): ConflictFound {
  const restoration = restorationOf(file, entry);
  const { resolved, resolvedAt, ...row } = shownConflict(file, entry);
  return {
    ...row,
    hqAt: timeOf(row.hqAt),
    localAt: timeOf(row.localAt),
    at: Date.parse(row.at),
    restorable: typeof restoration !== 'string',
    resolved: resolved === null ? null : { keep: resolved, at: timeOf(resolvedAt) ?? 0 },
  };
}

/** More says no more about which row it is. */
const namesShown = 3;

function oversoldFound(
  file: PlannedFile,
  page: { offset: number; limit: number },
): { rows: OversoldShown[]; total: number } {
  const { rows, total } = oversoldPage(file.db, page);
  const found = rows.map(({ localId, since, ...row }): OversoldShown => {
    const table = tableOf(file, row.table);
    const values = table === null ? undefined : rowsOf(file).rows(table, [localId]).get(localId);
    const names = (table?.columns ?? []).flatMap((column, index) => {
      if (column.kind !== 'text' || column.secret || column.reference !== null) return [];
      return shownLocal(column, values?.values[index] ?? null) ?? [];
    });
    return { ...row, since: Date.parse(since), names: names.slice(0, namesShown) };
  });
  return { rows: found, total };
}

function heldFound(row: HeldEntry): HeldFound {
  const { table, id, direction, since, tries } = row;
  return {
    key: { table, id, direction },
    message: heldMessage(row),
    since: Date.parse(since),
    tries,
  };
}

function rejectedFound(
  { table, id, direction, code, params, since, tries }: RejectedEntry,
  editable: boolean,
): RejectedFound {
  return {
    key: { table, id, direction },
    message: { code, params },
    since: Date.parse(since),
    tries,
    editable,
  };
}

/** Why the parent itself is not there: its own refusal, what it waits for, or that it is gone. */
function parentDetail(db: ReadableDb, parent: RowKey, why: string): Message | null {
  const rejected = rejectedEntry(db, parent);
  if (rejected !== null) return { code: rejected.code, params: rejected.params };
  if (why === 'children' || why === 'confirm' || why === 'pending') return null;
  const held = heldEntry(db, parent);
  if (held !== null) return heldMessage(held);
  if (why !== 'deleted') return null;
  const { table, id, direction } = parent;
  return {
    code: direction === 'download' ? 'PARENT_NOT_AT_HQ' : 'PARENT_NOT_HERE',
    params: { table, id },
  };
}

/** Of an upload the row as it stands here; of a download HQ's values, or for a removal the row that is to go. */
function valuesOf(file: PlannedFile, key: RowKey, payload: HeldEntry['payload']) {
  const table = tableOf(file, key.table);
  if (payload !== null) return shownPayload(table, payload);
  const row = localRowOf(file, key);
  return table === null || row === null ? [] : shownRow(table, row.values);
}

function rejectedDetail(
  file: PlannedFile,
  key: RowKey,
  { code, params, payload }: RejectedEntry,
): RejectedDetailFound {
  const table = tableOf(file, key.table);
  const row = localRowOf(file, key);
  const editable =
    key.direction === 'upload' && table !== null && row !== null && !beyondEdit.has(code)
      ? table.columns.flatMap((column, index) =>
          isEditable(table, column, row.values[index] ?? null) ? [index] : [],
        )
      : [];
  return { key, message: { code, params }, values: valuesOf(file, key, payload), editable };
}

/** Uploads whose row stands in payflow.db and whose reason an edit may take away. */
function editableRows(file: PlannedFile, rows: readonly RejectedEntry[]): Set<RejectedEntry> {
  const store = rowsOf(file);
  const editable = new Set<RejectedEntry>();
  const candidates = rows.filter((row) => row.direction === 'upload' && !beyondEdit.has(row.code));
  for (const table of file.plan.tables) {
    const ofTable = candidates.filter((row) => row.table === table.name);
    const here = store.rows(
      table,
      ofTable.map((row) => row.id),
    );
    for (const row of ofTable) if (here.has(row.id)) editable.add(row);
  }
  return editable;
}

function runShown({ id, startedAt, endedAt, report }: RunEntry): RunShown {
  return { runId: id, startedAt: Date.parse(startedAt), endedAt: Date.parse(endedAt), report };
}

function noticeShown({ id, code, params, at, settledAt, settledBy }: NoticeRow): NoticeShown {
  const settled =
    settledAt === null ? null : { by: settledBy ?? 'check', at: Date.parse(settledAt) };
  return { id, code, params, at: Date.parse(at), settled };
}

function pointOf({ startedAt, report }: RunEntry): RunPoint {
  const { download, upload, durationMs, status } = report;
  return {
    at: Date.parse(startedAt),
    received: recordsMoved(download),
    sent: recordsMoved(upload),
    durationMs,
    status,
  };
}

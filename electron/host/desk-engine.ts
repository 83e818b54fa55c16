/** What the window changes in payflow.db or asks both sides about; runs between two cycles, in the engine's thread. */
import { basename } from 'node:path';
import { PayflowError } from '../../shared/errors.ts';
import type { TablePlan } from '../../shared/plan.ts';
import type { DifferingRow, SchemaFinding } from '../../shared/views.ts';
import { editRow } from '../local/edit-row.ts';
import { rejectedEntry } from '../local/listed-pages.ts';
import { dismissNotice } from '../local/notices.ts';
import type { WritableDb } from '../local/open.ts';
import type { Canonical, LocalValue } from '../sync/codec.ts';
import type { Run } from '../sync/engine.ts';
import { canonicalRows } from '../sync/translate.ts';
import type { SchemaDifference, SchemaFixReport } from './app-types.ts';
import { resolveConflict } from './conflict-choices.ts';
import type { DeskEngine, RowKey } from './desk-types.ts';
import { localRowOf, tableOf, type PlannedFile } from './planned-file.ts';
import { answerRemovals } from './removal-answers.ts';
import { fixOf } from './shown-fix.ts';
import { isEditable, shownCanonical, typedValue } from './shown-values.ts';

export interface EnginePart {
  /** payflow.db, opened for writing. */
  file(): PlannedFile & { readonly db: WritableDb };
  /** Both sides, with HQ's present plan. */
  connect(): Promise<Run>;
  /** HQ is asked for its present plan, and the file compared with it. */
  differences(): Promise<readonly SchemaDifference[]>;
  /** Compares once more; applies when this is still the fix that was shown, by its name. Throws SCHEMA_CHANGED. */
  fix(shown: string): Promise<SchemaFixReport>;
}

export function engineDesk(part: EnginePart): DeskEngine {
  return {
    editRejected: async ({ key, values }) => {
      edit(part.file(), key, values);
      return null;
    },
    answerRemovals: async (asked) => answerRemovals(part.file().db, asked),
    resolveConflict: async ({ id, keep }) =>
      resolveConflict(part.file(), id, keep, new Date().toISOString()),
    dismissNotice: async ({ id }) => {
      if (!dismissNotice(part.file().db, id, new Date().toISOString()))
        throw new PayflowError('NOTICE_SETTLED', { id });
      return { id };
    },
    differingRows: async ({ table, ids }) => bothSides(await part.connect(), table, ids),
    schemaCheck: async () => {
      const differences = await part.differences();
      return { shown: fixOf(differences), findings: differences.map(finding) };
    },
    schemaFix: async ({ shown }) => {
      const { applied, backup, remaining } = await part.fix(shown);
      return {
        applied: applied.length,
        backup: backup === null ? null : basename(backup),
        remaining: remaining.map(finding),
      };
    },
  };
}

// --------------------------------------------------------------------------------------------- edit

function edit(
  file: PlannedFile & { readonly db: WritableDb },
  key: RowKey,
  values: Parameters<DeskEngine['editRejected']>[0]['values'],
): void {
  const gone = (): PayflowError =>
    new PayflowError('ROW_NOT_LISTED', { table: key.table, id: key.id });
  const isListed = (): boolean => rejectedEntry(file.db, key) !== null;
  const table = tableOf(file, key.table);
  const row = key.direction === 'upload' && isListed() ? localRowOf(file, key) : null;
  if (table === null || row === null) throw gone();
  const typed = new Map<string, LocalValue>();
  for (const { column: place, value } of values) {
    const column = table.columns[place];
    if (column === undefined || !isEditable(table, column, row.values[place] ?? null))
      throw new PayflowError('EDIT_NOT_ALLOWED', {
        table: table.name,
        column: column?.local ?? String(place),
      });
    typed.set(column.local, typedValue(column, value));
  }
  if (!editRow(file.db, table, key.id, typed, isListed)) throw gone();
}

// ------------------------------------------------------------------------------------- both sides

/** What stands for a secret; two secrets that differ must look so and must not be read. */
const hidden = { same: '••••', other: '•••• ≠' };

async function bothSides(
  run: Run,
  name: string,
  ids: readonly string[],
): Promise<readonly DifferingRow[]> {
  if (!run.index.has(name)) throw new PayflowError('TABLE_UNKNOWN', { table: name });
  const table = run.index.table(name);
  const theirs = new Map(
    (await run.remote.readRows(table, ids)).map((row) => [row.key, row.values]),
  );
  const ours = run.local.read(() => localValues(run, table, ids));
  return ids.map((id) => {
    const [hq, terminal] = [theirs.get(id) ?? null, ours.get(id) ?? null];
    return {
      id,
      columns: table.columns.map(({ local }) => local),
      hq: hq === null ? null : shownSide(table, hq, terminal),
      terminal: terminal === null ? null : shownSide(table, terminal, null),
    };
  });
}

/** By HQ's key: the canonical values of what payflow.db really holds, references as HQ's keys. */
function localValues(
  run: Run,
  table: TablePlan,
  ids: readonly string[],
): Map<string, readonly Canonical[]> {
  const known = run.local.known(table, ids);
  const rows = run.local.rows(
    table,
    [...known.values()].map(({ localId }) => localId),
  );
  const canonical = canonicalRows(run, table, [...rows.values()]);
  const byLocalId = new Map(
    canonical.map(({ localId, values, unheld }) => [
      localId,
      values.map((value, index) => unheld.get(index) ?? value),
    ]),
  );
  return new Map(
    [...known].flatMap(([key, { localId }]) => {
      const values = byLocalId.get(localId);
      return values === undefined ? [] : [[key, values] as const];
    }),
  );
}

function shownSide(
  table: TablePlan,
  values: readonly Canonical[],
  other: readonly Canonical[] | null,
): (string | null)[] {
  return table.columns.map((column, index) => {
    const value = values[index] ?? null;
    if (!column.secret || value === null) {
      // References are HQ's keys on both sides here.
      return column.reference === null ? shownCanonical(column, value) : value;
    }
    return other !== null && other[index] !== value ? hidden.other : hidden.same;
  });
}

// ------------------------------------------------------------------------------------------- schema

function finding({ code, severity, table, column, detail, fix }: SchemaDifference): SchemaFinding {
  return {
    code,
    severity,
    table,
    column: column ?? null,
    detail: detail ?? null,
    statements: fix ?? [],
  };
}

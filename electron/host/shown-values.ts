/** Values of rows as people read them, and what people type as values. */
import { PayflowError } from '../../shared/errors.ts';
import type { ColumnPlan, TablePlan } from '../../shared/plan.ts';
import type { ShownValue } from '../../shared/views.ts';
import {
  fromLocal,
  toLocal,
  UnholdableValue,
  wireText,
  type Canonical,
  type LocalValue,
} from '../sync/codec.ts';
import { hexOfBytes } from '../sync/codec/bytes.ts';
import { localColumn } from '../sync/plan-index.ts';

/** A longer value is cut for the window, and then cannot be edited there: what was cut would be lost. */
export const longestShown = 20_000;

/** A canonical value as text: true and false, numbers in digits, bytes in hex. */
export function shownCanonical(column: ColumnPlan, canonical: Canonical): string | null {
  if (canonical === null) return null;
  const { kind } = localColumn(column);
  if (kind === 'boolean') return canonical === '1' ? 'true' : 'false';
  return kind === 'float' ? wireText({ kind }, canonical) : canonical;
}

/** A value of payflow.db as text; one that HQ could not hold as it stands there. */
export function shownLocal(column: ColumnPlan, raw: LocalValue): string | null {
  try {
    return shownCanonical(column, fromLocal(localColumn(column), raw));
  } catch (error) {
    if (!(error instanceof UnholdableValue)) throw error;
    return raw instanceof Uint8Array ? hexOfBytes(raw) : String(raw).toWellFormed();
  }
}

/** All values of a row of payflow.db, in the plan's order. */
export function shownRow(table: TablePlan, values: readonly LocalValue[]): ShownValue[] {
  return table.columns.map((column, index) => {
    const raw = values[index] ?? null;
    return column.secret
      ? { column: column.local, value: null, secret: raw !== null }
      : { column: column.local, value: cut(shownLocal(column, raw)), secret: false };
  });
}

/** HQ's values as a held or rejected row keeps them, by local name; secrets were never kept there. */
export function shownPayload(
  table: TablePlan | null,
  payload: Readonly<Record<string, Canonical>>,
): ShownValue[] {
  const columns = new Map(table?.columns.map((column) => [column.local, column]));
  const shown = Object.entries(payload).flatMap(([name, canonical]): ShownValue[] => {
    const column = columns.get(name);
    if (column?.secret === true) return [];
    const value = column === undefined ? canonical : shownCanonical(column, canonical);
    return [{ column: name, value: cut(value), secret: false }];
  });
  const secrets = [...columns.values()]
    .filter(({ secret }) => secret)
    .map(({ local }): ShownValue => ({ column: local, value: null, secret: true }));
  return [...shown, ...secrets];
}

function cut(value: string | null): string | null {
  if (value === null || value.length <= longestShown) return value;
  return `${value.slice(0, longestShown).toWellFormed()}…`;
}

/** No keys, no references, no secrets; and nothing that the window shows only in part. */
export function isEditable(table: TablePlan, column: ColumnPlan, raw: LocalValue): boolean {
  const isKey = table.key.includes(column.hq);
  if (isKey || column.secret || column.reference !== null) return false;
  return (shownLocal(column, raw)?.length ?? 0) <= longestShown;
}

/** What a person typed, as payflow.db holds it. Throws EDIT_EMPTY, EDIT_TOO_LONG, EDIT_IMPOSSIBLE. */
export function typedValue(column: ColumnPlan, typed: string | null): LocalValue {
  const { local, kind, nullable, hqType } = column;
  if (typed === null) {
    if (!nullable) throw new PayflowError('EDIT_EMPTY', { column: local });
    return null;
  }
  const limit = Number(/^character(?: varying)?\((\d+)\)$/.exec(hqType)?.[1] ?? Infinity);
  const letters = [...typed].length;
  if (letters > limit) throw new PayflowError('EDIT_TOO_LONG', { column: local, letters, limit });
  try {
    const text = kind === 'text' || kind === 'json' ? typed : typed.trim();
    // Hex of bytes is shown, so hex of bytes is typed; to the codec a text would be its own bytes.
    const canonical =
      kind === 'bytes' && /^(?:[\da-f]{2})*$/i.test(text)
        ? text.toLowerCase()
        : fromLocal(column, text);
    return toLocal(column, canonical);
  } catch (error) {
    if (!(error instanceof UnholdableValue)) throw error;
    const value = letters > 60 ? `${[...typed].slice(0, 60).join('')}…` : typed;
    throw new PayflowError('EDIT_IMPOSSIBLE', { column: local, kind, value }, { cause: error });
  }
}

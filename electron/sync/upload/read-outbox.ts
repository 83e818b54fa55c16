/**
 * Reads the outbox and decides, per row, what HQ has to hear: nothing, an insert, an update of the columns that
 * changed, a delete; or that the row must wait, or cannot be sent at all. Reads only; effects are the caller's.
 */
import type { MessageParams } from '../../../shared/errors.ts';
import type { TablePlan } from '../../../shared/plan.ts';
import { subtractDecimals, type Canonical } from '../codec.ts';
import { baseOf } from '../download/rebase.ts';
import { groupBy, type Run } from '../engine.ts';
import { mustAsk } from '../gate.ts';
import { deleteRefusedBy, isTerminals, strategiesOf } from '../merge.ts';
import { fixedReference } from '../plan-index.ts';
import { foldEntries, type PendingChange } from '../pending.ts';
import type { KnownRow, OutboxEntry, Rejected } from '../local-port.ts';
import { canonicalRows, type CanonicalRow } from '../translate.ts';
import { SeveralEntries } from './several-entries.ts';
import { unnamedRows, type Unnamed } from './unnamed.ts';

/** What is to be done about one row of the outbox. */
export type Intent = {
  readonly table: TablePlan;
  readonly localId: string;
  readonly change: PendingChange;
} & (
  | { readonly kind: 'nothing' }
  /** `key`: HQ had the row under it, deleted it, and is to have it again (DESIGN 7.5). */
  | { readonly kind: 'insert'; readonly row: CanonicalRow; readonly key: string | null }
  | {
      readonly kind: 'update';
      readonly key: string;
      readonly row: CanonicalRow;
      readonly columns: readonly number[];
      readonly base: readonly Canonical[];
    }
  /** `allowed`: a manager let it through the gate. */
  | {
      readonly kind: 'delete';
      readonly key: string;
      readonly hash: string | null;
      readonly allowed?: boolean;
    }
  /**
   * HQ's row has to be read and merged first: the base is unknown (DESIGN 4.4), or HQ refuses the change for good, which
   * is undone (6.6). `kept`: the row is outside the scope.
   */
  | { readonly kind: 'reread'; readonly key: string; readonly kept: boolean }
  | { readonly kind: 'reject'; readonly code: string; readonly params: MessageParams }
  /** A delete that waits at the gate against mass removals from now on; its table's question (DESIGN 5.3). */
  | { readonly kind: 'confirm'; readonly size: number; readonly removed: number }
  /** Rejected before and not edited since (DESIGN 6.4), or waiting at the gate. */
  | { readonly kind: 'skip' }
);

/** Where a page of the outbox stands: behind this entry, at most so many entries long. */
export interface PagePlace {
  readonly after: number;
  readonly limit: number;
  /** Known from a walk's second page on. */
  readonly several: SeveralEntries | null;
}

/** Entries of a pass's first page, at most. */
const FIRST_PAGE = 1_000;

/** HQ is to begin soon: nothing else goes on while the first page is prepared. */
export function firstPlace({ limits }: Pick<Run, 'limits'>): PagePlace {
  return { after: 0, limit: Math.min(limits.batchSize, FIRST_PAGE), several: null };
}

/** HQ takes nearly twice as long for a row as its preparation: while it works on one page, the next can be twice as long. */
function nextPlace(
  { limits }: Run,
  { limit }: PagePlace,
  after: number,
  several: SeveralEntries | null,
): PagePlace {
  return { after, limit: Math.min(limits.batchSize, 2 * limit), several };
}

export interface OutboxPage {
  readonly intents: readonly Intent[];
  /** News of rows that nothing can name. */
  readonly unnamed: readonly Unnamed[];
  /** Null: that was all. */
  readonly next: PagePlace | null;
  /** Highest sequence number when the page was read. */
  readonly upto: number;
}

/**
 * One page of the outbox in sequence order, each row with all its entries; no row that was first edited behind `end`.
 * The caller is inside `local.read`.
 */
export function readOutboxPage(
  run: Run,
  place: PagePlace,
  end = Number.POSITIVE_INFINITY,
): OutboxPage {
  const { after, limit } = place;
  const read = run.local.entriesAfter(after, limit);
  const entries = read.filter((entry) => entry.seq <= end);
  const full = entries.length === limit;
  const whole = after === 0 && !full && entries.length === read.length;
  // Only a page that is all there is has no entries of its rows outside it: the last one of a walk has them before it,
  // in a batch that is still at HQ, and would send them twice.
  const several = whole ? null : (place.several ?? new SeveralEntries(run.local));
  several?.update(run.local);
  const refused = new Map(
    run.local.rejected('upload').map((row) => [`${row.table}\0${row.id}`, row]),
  );
  const intents: Intent[] = [];
  const unnamed: Unnamed[] = [];
  for (const [name, all] of groupBy(entries, (entry) => entry.table)) {
    if (!run.index.has(name)) continue;
    if (run.request.table !== null && run.request.table !== name) continue;
    const table = run.index.table(name);
    const strange = all.filter((entry) => entry.unnamed !== undefined);
    const list = strange.length === 0 ? all : all.filter((entry) => entry.unnamed === undefined);
    if (strange.length > 0) unnamed.push(...unnamedRows(run, table, strange, refused));
    const localIds = [...new Set(list.map((entry) => entry.localId))];
    const again = several?.among(name, localIds) ?? [];
    const beside = run.local.entriesBeside(table, again, after, entries.at(-1)?.seq ?? after);
    const told =
      beside.length === 0 ? list : [...list, ...beside].toSorted((a, b) => a.seq - b.seq);
    const rows = groupBy(told, (entry) => entry.localId);
    if (refused.size > 0) dropUnedited(run, table, rows, refused);
    intents.push(...intentsOf(run, table, rows, after, refused));
  }
  const last = entries.at(-1);
  const next = full && last !== undefined ? nextPlace(run, place, last.seq, several) : null;
  return { intents, unnamed, next, upto: run.local.lastSeq() };
}

/**
 * Rows that HQ refused and nobody has touched since are not even read: after a mishap at HQ they can be all that a till
 * has sold. What undoes a refusal is seen when the row is read (`notAgain`): where the row is gone, by a delete or because
 * another has taken its place, and where HQ has refused it for good.
 */
function dropUnedited(
  run: Run,
  table: TablePlan,
  rows: Map<string, readonly OutboxEntry[]>,
  refused: ReadonlyMap<string, Rejected>,
): void {
  const unedited = [...rows].flatMap(([localId, entries]) => {
    const before = refused.get(`${table.name}\0${localId}`);
    const last = entries.at(-1);
    if (before === undefined || last === undefined || FOR_GOOD.has(before.code)) return [];
    return (before.seq ?? -1) >= last.seq ? [localId] : [];
  });
  for (const localId of run.local.present(table, unedited)) rows.delete(localId);
}

function intentsOf(
  run: Run,
  table: TablePlan,
  entries: ReadonlyMap<string, readonly OutboxEntry[]>,
  after: number,
  refused: ReadonlyMap<string, Rejected>,
): Intent[] {
  const localIds = [...entries.keys()];
  const keys = run.local.serverIds(table, localIds);
  const rows = run.local.rows(table, localIds, keys.size > 0);
  const known = run.local.known(table, [...new Set(keys.values())]);
  const canonical = new Map(
    canonicalRows(run, table, [...rows.values()]).map((row) => [row.localId, row]),
  );
  const recreated = run.local.recreated(table);
  const gone = goneAtGate(run, table, [...keys.values()]);
  const states = new Map<string, RowState>();
  const intents: Intent[] = [];
  for (const [localId, list] of entries) {
    const key = keys.get(localId);
    const change = foldEntries(table, run.stamps.stamped(list), key !== undefined);
    // The row came with an earlier page already.
    if (change.first <= after) continue;
    // Nothing but evidence, and the row stands: it was not replaced (DESIGN 4.3).
    if (change.lastEdit === 0 && rows.has(localId)) {
      intents.push({ table, localId, change, kind: 'nothing' });
      continue;
    }
    const state: RowState = {
      row: canonical.get(localId),
      key,
      known: key === undefined ? undefined : known.get(key),
      recreated: recreated.has(localId),
      gone: key !== undefined && gone.has(key),
    };
    if (refused.size > 0) states.set(localId, state);
    intents.push({ table, localId, change, ...decide(run, table, change, state) });
  }
  const allowed = refuseForeign(run, table, intents);
  return throughGate(
    run,
    table,
    refused.size === 0
      ? allowed
      : allowed.map((intent) => notAgain(run, intent, refused, states.get(intent.localId))),
  );
}

/**
 * Rows that HQ has no more and that wait or stay at the gate against mass removals (DESIGN 5.3): to send their edits would
 * be a batch with every cycle, each with the same refusal.
 */
function goneAtGate(run: Run, table: TablePlan, keys: readonly string[]): ReadonlySet<string> {
  if (keys.length === 0 || !run.local.anyHeld()) return new Set();
  const held = run.local.heldAmong(table.name, 'download', keys);
  return new Set([...held].flatMap(([key, confirm]) => (confirm === null ? [] : [key])));
}

/**
 * What was refused and not edited since stays refused (DESIGN 6.4), or is undone where it was refused for good (6.6);
 * evidence about a row that stands is no edit.
 */
function notAgain(
  run: Run,
  intent: Intent,
  refused: ReadonlyMap<string, Rejected>,
  state: RowState | undefined,
): Intent {
  const { table, localId, change } = intent;
  const before = refused.get(`${table.name}\0${localId}`);
  const edited = state?.row === undefined ? change.last : change.lastEdit;
  if (before === undefined || (before.seq ?? -1) < edited) return intent;
  // What it belongs to may have come back into the scope; as long as it has not, nothing is new.
  const isBack =
    before.code === 'ROW_OUT_OF_SCOPE' &&
    !(intent.kind === 'reject' && intent.code === before.code);
  if (isBack) return intent;
  return state?.key !== undefined && isUndone(run, before, state)
    ? { table, localId, change, kind: 'reread', key: state.key, kept: state.known?.kept === true }
    : { table, localId, change, kind: 'skip' };
}

/**
 * A new row of something that has left this terminal's scope: HQ's rights refuse it (DESIGN 8.3), and as any refused new
 * row it stays here and is listed (6.6), until what it belongs to comes back.
 */
function refuseForeign(run: Run, table: TablePlan, intents: Intent[]): Intent[] {
  const { scope } = table;
  if (scope.kind !== 'via') return intents;
  const index = run.index.columnAt(table, scope.column);
  const column = table.columns[index];
  const reference = column === undefined ? null : fixedReference(column);
  if (reference === null || !run.index.has(reference.table)) return intents;
  const parents = run.index.table(reference.table);
  if (!run.local.hasKept(parents)) return intents;
  const keys = intents.flatMap((intent) =>
    intent.kind === 'insert' ? (intent.row.values[index] ?? []) : [],
  );
  const known = run.local.known(parents, [...new Set(keys)]);
  return intents.map((intent): Intent => {
    if (intent.kind !== 'insert') return intent;
    if (known.get(intent.row.values[index] ?? '')?.kept !== true) return intent;
    const { localId, change } = intent;
    const params = { table: table.name, id: localId };
    return { table, localId, change, kind: 'reject', code: 'ROW_OUT_OF_SCOPE', params };
  });
}

/** Many deletes at once wait for a manager's yes (DESIGN 5.3). */
function throughGate(run: Run, table: TablePlan, intents: Intent[]): Intent[] {
  const deletes = intents.filter((intent) => intent.kind === 'delete');
  if (deletes.length === 0) return intents;
  const held = run.local.heldAmong(
    table.name,
    'upload',
    deletes.map((intent) => intent.localId),
  );
  const isNew = ({ localId }: Intent): boolean => (held.get(localId) ?? null) === null;
  const question = mustAsk(run, table, 'upload', deletes.filter(isNew).length);
  return intents.map((intent): Intent => {
    if (intent.kind !== 'delete') return intent;
    const { localId, change } = intent;
    if (held.get(localId) === 'goes') return { ...intent, allowed: true };
    if (!isNew(intent)) return { table, localId, change, kind: 'skip' };
    return question === null ? intent : { table, localId, change, kind: 'confirm', ...question };
  });
}

/** Distributes `kind` and what belongs to it. */
type Decision = Intent extends infer I
  ? I extends Intent
    ? Omit<I, 'table' | 'localId' | 'change'>
    : never
  : never;

/** What is known of a row of the outbox. */
interface RowState {
  /** Undefined: the POS has deleted it. */
  readonly row: CanonicalRow | undefined;
  readonly key: string | undefined;
  readonly known: KnownRow | undefined;
  readonly recreated: boolean;
  /** HQ has it no more, and the gate keeps it here. */
  readonly gone: boolean;
}

/** Refusals that no retry and no edit takes away. */
const FOR_GOOD: ReadonlySet<string> = new Set([
  'HQ_OWNS_TABLE',
  'APPEND_ONLY',
  'ROW_OUT_OF_SCOPE',
  'DELETED_AT_HQ',
]);

/** Refusals that something else in the same cycle may have cured: a unique or a foreign key (DESIGN 6.4). */
export const CURABLE: ReadonlySet<string> = new Set(['ROW_DUPLICATE', 'ROW_PARENT_MISSING']);

/** Was the change of a row that HQ knows refused for good? A refused delete is, once it had its second try (DESIGN 6.6). */
function isUndone(run: Run, refused: Rejected, { row, gone }: RowState): boolean {
  // What the gate keeps here is not put back either: its edit is decided when it goes, or comes back.
  if (row !== undefined) return FOR_GOOD.has(refused.code) && !gone;
  const name = refusalOf(refused);
  return !CURABLE.has(refused.code) || !run.refused.has(name) || run.triedAgain.has(name);
}

/** Names a refusal: of this row as it stood with this newest entry. */
export function refusalOf({ table, id, seq }: Pick<Rejected, 'table' | 'id' | 'seq'>): string {
  return `${table}\0${id}\0${String(seq)}`;
}

function decide(
  run: Run,
  table: TablePlan,
  change: PendingChange,
  { row, key, known, recreated, gone }: RowState,
): Decision {
  const where = { table: table.name, id: key ?? change.localId };
  const kept = known?.kept === true;
  const strategies = strategiesOf(table, kept);
  if (row === undefined) {
    if (key === undefined) return { kind: 'nothing' };
    if (deleteRefusedBy(strategies) !== null) return { kind: 'reread', key, kept };
    return { kind: 'delete', key, hash: known?.hash ?? null };
  }
  const unholdable = (): Decision => ({
    kind: 'reject',
    code: 'VALUE_UNHOLDABLE',
    params: { ...where, ...row.unholdable },
  });
  if (key === undefined || recreated) {
    if (table.direction === 'download')
      return { kind: 'reject', code: 'HQ_OWNS_TABLE', params: where };
    return row.unholdable === null ? { kind: 'insert', row, key: key ?? null } : unholdable();
  }
  if (gone) return { kind: 'reject', code: 'DELETED_AT_HQ', params: where };
  const base = baseOf(run, table, change, row.values, row.refs);
  if (base === null) return { kind: 'reread', key, kept };
  const columns = table.columns.flatMap((_, index) =>
    (row.values[index] ?? null) === (base[index] ?? null) && !row.unheld.has(index) ? [] : [index],
  );
  if (columns.some((index) => !isTerminals(strategies[index] ?? 'newest')))
    return { kind: 'reread', key, kept };
  if (row.unholdable !== null) return unholdable();
  return columns.length === 0 ? { kind: 'nothing' } : { kind: 'update', key, row, columns, base };
}

/** What an `add` column sends: the difference to the base; null counts as nothing. */
export function increment(base: Canonical, value: Canonical): Canonical {
  return subtractDecimals(value ?? '0', base ?? '0');
}

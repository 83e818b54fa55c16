/**
 * Turns intents into one batch: keys for new rows, references to them, groups in sending order. What has to wait
 * for a parent is taken out and returned (DESIGN 6.1, 6.3).
 */
import type { TablePlan } from '../../../shared/plan.ts';
import type { MissingParent } from '../../../shared/rows.ts';
import type { Canonical } from '../codec.ts';
import { groupBy, type Run } from '../engine.ts';
import type { Batch, BatchGroup } from '../ports.ts';
import { hashOf } from '../translate.ts';
import { increment, type Intent, type OutboxPage } from './read-outbox.ts';

type Insert = Extract<Intent, { kind: 'insert' }>;
type Update = Extract<Intent, { kind: 'update' }>;
type Delete = Extract<Intent, { kind: 'delete' }>;

/** A row that waits for a parent HQ does not have. */
export interface Waiting {
  readonly intent: Insert | Update;
  readonly missing: readonly MissingParent[];
}

export interface Built {
  /** Null: nothing to send. */
  readonly batch: Batch | null;
  readonly waiting: readonly Waiting[];
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export async function buildBatch(
  run: Run,
  number: number,
  { intents, upto }: OutboxPage,
): Promise<Built> {
  const newKeys: NewKeys = new Map();
  for (const [table, rows] of drawnInserts(run, intents)) {
    const drawn = await run.remote.drawKeys(table, rows.length);
    newKeys.set(
      table.name,
      new Map(rows.map((row, index) => [row.localId, drawn[index] ?? ''] as const)),
    );
  }
  return assemble(run, number, intents, upto, newKeys);
}

/**
 * The same while the batch before is still at HQ, whose rows can be parents already; null where HQ would have to be
 * asked for keys first.
 */
export function buildBatchBehind(
  run: Run,
  inFlight: Batch,
  { intents, upto }: OutboxPage,
): Built | null {
  if (drawnInserts(run, intents).size > 0) return null;
  const newKeys: NewKeys = new Map();
  for (const group of inFlight.groups) {
    if (group.op !== 'insert') continue;
    const keys = newKeys.get(group.table) ?? new Map<string, string>();
    newKeys.set(group.table, keys);
    for (const [row, localId] of group.localIds.entries()) keys.set(localId, group.keys[row] ?? '');
  }
  return assemble(run, inFlight.number + 1, intents, upto, newKeys);
}

/** New rows whose keys HQ's sequences give. */
function drawnInserts(run: Run, intents: readonly Intent[]): Map<TablePlan, Insert[]> {
  const inserts = groupBy(
    intents.filter(
      (intent) =>
        intent.kind === 'insert' &&
        intent.key === null &&
        intent.table.ownKey &&
        intent.table.keyKind === 'integer',
    ) as Insert[],
    (intent) => intent.table,
  );
  for (const [table, rows] of inserts) {
    const promised = run.local.promised(
      table,
      rows.map(({ localId }) => localId),
    );
    if (promised.size === 0) continue;
    const open = rows.filter(({ localId }) => !promised.has(localId));
    if (open.length === 0) inserts.delete(table);
    else inserts.set(table, open);
  }
  return inserts;
}

function assemble(
  run: Run,
  number: number,
  intents: readonly Intent[],
  upto: number,
  newKeys: NewKeys,
): Built {
  const inserts = intents.filter((intent) => intent.kind === 'insert');
  const updates = intents.filter((intent) => intent.kind === 'update');
  const deletes = intents.filter((intent) => intent.kind === 'delete');
  addOwnKeys(run, inserts, newKeys);
  noteArrivedParents(run, [...inserts, ...updates], newKeys);
  const waiting = run.local.read(() => waitingRows(run, inserts, updates, newKeys));
  const sent = <T extends Insert | Update>(intent: T): boolean => !waiting.has(intent);
  const groups = [
    ...upserts(run, inserts.filter(sent), updates.filter(sent), newKeys),
    ...deleteGroups(run, deletes),
  ];
  const list = [...waiting].map(([intent, missing]) => ({ intent, missing }));
  if (groups.length === 0) return { batch: null, waiting: list };
  const { key: terminal, epoch } = run.self;
  const batch: Batch = {
    number,
    terminal,
    epoch,
    id: run.hashing.uuidOf('batch', terminal, String(epoch), String(number)),
    upto,
    groups,
  };
  return { batch, waiting: list };
}

/** HQ's keys of rows that had none when the page was read: by table, then local_id. */
type NewKeys = Map<string, Map<string, string>>;

/** Parents that HQ has taken since the page was read: with the batch before this one. */
function noteArrivedParents(
  run: Run,
  intents: readonly (Insert | Update)[],
  newKeys: NewKeys,
): void {
  const references = intents
    .filter((intent) => hasOpenReferences(intent))
    .flatMap((intent) => [...intent.row.unresolved, ...intent.row.soft]);
  for (const [refTable, group] of groupBy(references, (reference) => reference.refTable)) {
    const localIds = [...new Set(group.map((reference) => reference.localId))];
    const arrived = run.local.serverIds(run.index.table(refTable), localIds);
    const keys = newKeys.get(refTable) ?? new Map<string, string>();
    newKeys.set(refTable, keys);
    for (const [localId, key] of arrived) keys.set(localId, key);
  }
}

/**
 * DESIGN 6.3: a UUID stays what it is; a composite key is made of its columns when the row is sent; a serial key
 * is drawn from HQ's sequence beforehand; every other row gets a UUIDv5 of terminal, table, local_id and the id of
 * its first entry, so that a second try makes the same key and a re-used local_id another.
 */
function addOwnKeys(run: Run, inserts: readonly Insert[], newKeys: NewKeys): void {
  for (const [table, rows] of groupBy(inserts, (intent) => intent.table)) {
    const mine = newKeys.get(table.name) ?? new Map<string, string>();
    newKeys.set(table.name, mine);
    if (!table.ownKey) continue;
    const promised = run.local.promised(
      table,
      rows.map(({ localId }) => localId),
    );
    for (const { localId, change, key } of rows) {
      const given = key ?? promised.get(localId) ?? null;
      if (given !== null) mine.set(localId, given);
      else if (table.keyKind !== 'integer')
        mine.set(localId, ownKey(run, table, localId, change.ids[0] ?? ''));
    }
  }
}

/** HQ's key of a new row of a table whose keys neither HQ nor a composite key gives. */
export function ownKey(
  { hashing, self }: Pick<Run, 'hashing' | 'self'>,
  table: TablePlan,
  localId: string,
  firstEntry: string,
): string {
  if (!UUID.test(localId)) return hashing.uuidOf(self.key, table.name, localId, firstEntry);
  return table.keyKind === 'uuid' ? localId.toLowerCase() : localId;
}

/** Most rows refer to nothing new: what is done for those that do must not be paid by all. */
function hasOpenReferences({ row }: Insert | Update): boolean {
  return row.unresolved.length > 0 || row.soft.length > 0;
}

/** Rows whose parent is neither at HQ nor in this batch; and, in turn, rows that need those. */
function waitingRows(
  run: Run,
  inserts: readonly Insert[],
  updates: readonly Update[],
  newKeys: NewKeys,
): Map<Insert | Update, MissingParent[]> {
  const waiting = findWaiting(run, inserts, updates, newKeys);
  noteCompositeKeys(run, inserts, waiting, newKeys);
  return waiting;
}

function findWaiting(
  run: Run,
  inserts: readonly Insert[],
  updates: readonly Update[],
  newKeys: NewKeys,
): Map<Insert | Update, MissingParent[]> {
  const waiting = new Map<Insert | Update, MissingParent[]>();
  const open = [...inserts, ...updates].filter((intent) => intent.row.unresolved.length > 0);
  if (open.length === 0) return waiting;
  const insertOf = new Map(
    inserts.map((intent) => [`${intent.table.name}\0${intent.localId}`, intent]),
  );
  const refused = new Set(run.local.rejected('upload').map((row) => `${row.table}\0${row.id}`));
  const isSent = (refTable: string, localId: string): boolean => {
    const intent = insertOf.get(`${refTable}\0${localId}`);
    return intent === undefined
      ? newKeys.get(refTable)?.has(localId) === true
      : !waiting.has(intent);
  };
  for (let before = -1; before < waiting.size;) {
    before = waiting.size;
    for (const intent of open) {
      if (waiting.has(intent)) continue;
      const columns = intent.kind === 'update' ? new Set(intent.columns) : null;
      const missing = intent.row.unresolved.flatMap(
        ({ column, refTable, localId }): MissingParent[] => {
          const parent = `${refTable}\0${localId}`;
          if (columns?.has(column) === false || isSent(refTable, localId)) return [];
          const field = intent.table.columns[column]?.local ?? '';
          return [
            {
              field,
              refTable,
              refId: localId,
              why: whyMissing(run, refTable, localId, refused.has(parent)),
            },
          ];
        },
      );
      if (missing.length > 0) waiting.set(intent, missing);
    }
  }
  return waiting;
}

/** Composite keys are read off the row once its references are known. */
function noteCompositeKeys(
  run: Run,
  inserts: readonly Insert[],
  waiting: ReadonlyMap<Insert | Update, unknown>,
  newKeys: NewKeys,
): void {
  for (const intent of inserts) {
    if (!intent.table.ownKey && !waiting.has(intent)) {
      const values = resolved(intent, newKeys);
      const texts = intent.table.key.map(
        (column) => values[run.index.columnAt(intent.table, column)] ?? '',
      );
      newKeys
        .get(intent.table.name)
        ?.set(intent.localId, texts.length === 1 ? (texts[0] ?? '') : JSON.stringify(texts));
    }
  }
}

function whyMissing(
  run: Run,
  refTable: string,
  localId: string,
  refused: boolean,
): MissingParent['why'] {
  if (refused) return 'rejected';
  const table = run.index.table(refTable);
  return run.local.rows(table, [localId]).size === 0 ? 'deleted' : 'not-sent';
}

/** The row's values with the keys that new parents will have. */
function resolved(intent: Insert | Update, newKeys: NewKeys): readonly Canonical[] {
  if (!hasOpenReferences(intent)) return intent.row.values;
  const values = [...intent.row.values];
  for (const { column, refTable, localId } of [...intent.row.unresolved, ...intent.row.soft]) {
    values[column] = newKeys.get(refTable)?.get(localId) ?? values[column] ?? null;
  }
  return values;
}

/**
 * Inserts and updates, parents first. A reference to a row that this batch inserts later (tables that need each
 * other) is sent as null and set afterwards (DESIGN 6.3).
 */
function upserts(
  run: Run,
  inserts: readonly Insert[],
  updates: readonly Update[],
  newKeys: NewKeys,
): BatchGroup[] {
  const order = new Map(run.index.tables.map((table, index) => [table.name, index]));
  const groups: BatchGroup[] = [];
  const later: BatchGroup[] = [];
  const insertsByTable = groupBy(inserts, (intent) => intent.table);
  const updatesByTable = groupBy(updates, (intent) => intent.table);
  for (const table of run.index.tables) {
    const rows = insertsByTable.get(table) ?? [];
    if (rows.length > 0) {
      const keys = newKeys.get(table.name);
      const sent = treeOrder(table, rows).map((intent): SentRow => {
        const values = resolved(intent, newKeys);
        const key = keys?.get(intent.localId) ?? '';
        const whole = { intent, key, values, bases: NOTHING, hash: hashOf(run, values) };
        const columns = setLater(table, intent, order);
        if (columns.length === 0) return whole;
        later.push(setGroup(table, columns, whole));
        return {
          ...whole,
          values: values.map((value, at) => (columns.includes(at) ? null : value)),
        };
      });
      groups.push(groupOf(table, 'insert', [...table.columns.keys()], [], sent));
    }
    groups.push(...updateGroups(run, table, updatesByTable.get(table) ?? [], newKeys));
  }
  return [...groups, ...later];
}

/** References of a new row to rows that the batch inserts after it. */
function setLater(
  table: TablePlan,
  { row }: Insert,
  order: ReadonlyMap<string, number>,
): readonly number[] {
  if (row.unresolved.length === 0) return NO_COLUMNS;
  const own = order.get(table.name) ?? 0;
  return row.unresolved
    .filter(
      ({ refTable, column }) =>
        (order.get(refTable) ?? 0) > own && table.columns[column]?.nullable === true,
    )
    .map(({ column }) => column);
}

const NO_COLUMNS: readonly number[] = [];
const NOTHING: readonly Canonical[] = [];

/** Sets on one row what its insert had to leave out. */
function setGroup(table: TablePlan, columns: readonly number[], whole: SentRow): BatchGroup {
  const values = columns.map((column) => whole.values[column] ?? null);
  const bases = columns.map(() => null);
  return groupOf(table, 'update', columns, [], [{ ...whole, values, bases }]);
}

/** Updates of one table, grouped by the set of columns they change. */
function updateGroups(
  run: Run,
  table: TablePlan,
  updates: readonly Update[],
  newKeys: NewKeys,
): BatchGroup[] {
  return [...groupBy(updates, (intent) => intent.columns.join(',')).values()].map((intents) => {
    const columns = intents[0]?.columns ?? [];
    const adds = columns.filter((index) => table.columns[index]?.strategy === 'add');
    const rows = intents.map((intent): SentRow => {
      const values = resolved(intent, newKeys);
      return {
        intent,
        key: intent.key,
        values: columns.map((index) =>
          adds.includes(index)
            ? increment(intent.base[index] ?? null, values[index] ?? null)
            : (values[index] ?? null),
        ),
        bases: columns.map((index) => (adds.includes(index) ? null : (intent.base[index] ?? null))),
        hash: hashOf(run, values),
      };
    });
    return groupOf(table, 'update', columns, adds, rows);
  });
}

function deleteGroups(run: Run, deletes: readonly Delete[]): BatchGroup[] {
  const byTable = groupBy(deletes, (intent) => intent.table);
  return [...run.index.tables].reverse().flatMap((table) => {
    const rows = byTable.get(table)?.map((intent): SentRow => {
      const { key, hash } = intent;
      return { intent, key, values: NOTHING, bases: NOTHING, hash };
    });
    return rows === undefined ? [] : [groupOf(table, 'delete', [], [], rows)];
  });
}

/** A row as a group takes it: of an insert `values` are all columns, of an update the group's. */
interface SentRow {
  readonly intent: Insert | Update | Delete;
  readonly key: string;
  readonly values: readonly Canonical[];
  readonly bases: readonly Canonical[];
  readonly hash: string | null;
}

/** Column by column, each list made in one go: a bulk upload is half a million values. */
function groupOf(
  table: TablePlan,
  op: BatchGroup['op'],
  columns: readonly number[],
  adds: readonly number[],
  rows: readonly SentRow[],
): BatchGroup {
  return {
    table: table.name,
    op,
    columns,
    adds,
    keys: rows.map(({ key }) => key),
    localIds: rows.map(({ intent }) => intent.localId),
    values: columns.map((_, place) => rows.map(({ values }) => values[place] ?? null)),
    bases:
      op === 'update'
        ? columns.map((_, place) => rows.map(({ bases }) => bases[place] ?? null))
        : [],
    hashes: rows.map(({ hash }) => hash),
    upto: rows.map(({ intent }) => intent.change.last),
    entries: rows.map(({ intent }) => intent.change.ids.join(',')),
    at: rows.map(({ intent }) => intent.change.lastAt),
  };
}

/** Within a self-referencing table parents stand before their children, so that halves of a group can stand alone. */
function treeOrder(table: TablePlan, rows: readonly Insert[]): readonly Insert[] {
  if (
    !rows.some((row) => row.row.unresolved.some((reference) => reference.refTable === table.name))
  )
    return rows;
  const byId = new Map(rows.map((row) => [row.localId, row]));
  const ordered = new Set<Insert>();
  const visit = (row: Insert, path: ReadonlySet<Insert>): void => {
    if (ordered.has(row) || path.has(row)) return;
    for (const reference of row.row.unresolved) {
      const parent = reference.refTable === table.name ? byId.get(reference.localId) : undefined;
      if (parent !== undefined) visit(parent, new Set([...path, row]));
    }
    ordered.add(row);
  };
  for (const row of rows) visit(row, new Set());
  return [...ordered];
}

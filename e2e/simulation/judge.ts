/** Judges the end of a history: the invariants of DESIGN 11 that a whole company must show, in sentences of what is wrong. */
import type { House } from './house.ts';
import { hqBooks, localBooks, SCOPES, type Books, type LocalRow, type Row } from './books.ts';
import { COUNTERS, FIELDS, OPENING_STOCK } from './company.ts';
import { wasUndone } from './loss.ts';
import type { Till } from './till.ts';

/** A row that a terminal tells about: it waits, or is refused. `id`: HQ's key or the local_id. */
interface Listed {
  readonly table: string;
  readonly id: string;
  readonly direction: string;
  readonly why: string;
}

/** What one terminal has at the end. */
interface Seen {
  readonly till: Till;
  readonly rows: ReadonlyMap<string, readonly LocalRow[]>;
  readonly listed: readonly Listed[];
  readonly names: ReadonlySet<string>;
}

const nameOf = (table: string, id: string): string => `${table}:${id}`;

/** Everything that is wrong; empty: nothing. */
export async function judge(house: House, count: number): Promise<string[]> {
  const hq = await hqBooks(house.db);
  const seen = house.tills.slice(0, count).map(look);
  return [
    ...seen.flatMap((each) => inStep(hq, each)),
    ...seen.flatMap((each) => nothingWaitsUnlisted(each)),
    ...sales(house, hq, seen),
    ...moneyAdds(hq),
    ...sums(house, hq, seen),
    ...noValueLost(house, hq, seen),
    ...deletesStay(house, hq, seen),
  ];
}

function look(till: Till): Seen {
  const held = till.db
    .prepare(`SELECT tbl AS "table", id, direction, missing AS why FROM sync_held`)
    .all() as Listed[];
  const rejected = till.db
    .prepare(`SELECT tbl AS "table", id, direction, code AS why FROM sync_rejected`)
    .all() as Listed[];
  const listed = [...held, ...rejected];
  return {
    till,
    rows: localBooks(till.db),
    listed,
    names: new Set(listed.map(({ table, id }) => nameOf(table, id))),
  };
}

const isListed = (
  { names }: Seen,
  table: string,
  { localId, serverId }: Pick<LocalRow, 'localId' | 'serverId'>,
): boolean =>
  names.has(nameOf(table, localId)) || (serverId !== null && names.has(nameOf(table, serverId)));

/** Invariants 3, 7 and 12: what HQ has for this terminal is here, and what is here is HQ's, value by value. */
function inStep(hq: Books, seen: Seen): string[] {
  const { place } = seen.till;
  const wrong: string[] = [];
  const inScope = (table: string, id: string): boolean => {
    const row = hq.get(table)?.get(id);
    return row !== undefined && SCOPES[table]?.(row, place, hq) === true;
  };
  const needed = neededRows(seen);
  for (const [table, rows] of seen.rows) {
    const here = new Map(rows.map((row) => [row.serverId ?? `local:${row.localId}`, row]));
    for (const id of hq.get(table)?.keys() ?? []) {
      if (inScope(table, id) && !here.has(id) && !seen.names.has(nameOf(table, id)))
        wrong.push(`${place.code} lacks ${nameOf(table, id)}`);
    }
    for (const [id, local] of here) {
      if (isListed(seen, table, local)) continue;
      const theirs = hq.get(table)?.get(id);
      if (theirs === undefined)
        wrong.push(`${place.code} has ${nameOf(table, id)}, which HQ has not`);
      else if (!inScope(table, id)) {
        if (!needed.has(nameOf(table, id)))
          wrong.push(`${place.code} keeps ${nameOf(table, id)}, which nobody here needs`);
      } else
        wrong.push(
          ...differing(`${place.code} ${nameOf(table, id)}`, theirs, local, seen, inScope),
        );
    }
  }
  return wrong;
}

/** Rows that another row here refers to. */
function neededRows({ till, rows }: Seen): Set<string> {
  const needed = new Set<string>();
  for (const table of rows.keys()) {
    const references = till.db
      .prepare('SELECT "from", "table" FROM pragma_foreign_key_list(?)')
      .all(table) as { from: string; table: string }[];
    for (const { row } of rows.get(table) ?? [])
      for (const reference of references) {
        const key = row[reference.from];
        if (key != null) needed.add(nameOf(reference.table, key));
      }
  }
  return needed;
}

const PARENTS: Readonly<Record<string, string>> = {
  parent_id: 'categories',
  category_id: 'categories',
  supplier_id: 'suppliers',
  customer_id: 'customers',
  shift_id: 'shifts',
  variant_id: 'product_variants',
  order_id: 'orders',
};

function differing(
  name: string,
  theirs: Row,
  local: LocalRow,
  seen: Seen,
  inScope: (table: string, id: string) => boolean,
): string[] {
  return Object.entries(local.row).flatMap(([column, mine]) => {
    if (!(column in theirs) || theirs[column] === mine) return [];
    const parent = PARENTS[column];
    const key = theirs[column] ?? '';
    // Out of scope is not missing: the reference is null here (DESIGN 5.4).
    if (parent !== undefined && mine === null && !inScope(parent, key)) return [];
    void seen;
    return [`${name}: ${column} is ${String(mine)} here and ${String(theirs[column])} at HQ`];
  });
}

/** Invariants 7 and 8: what the POS changed and HQ has not, is listed. */
function nothingWaitsUnlisted(seen: Seen): string[] {
  const waiting = seen.till.db
    .prepare(`SELECT DISTINCT tbl AS "table", local_id AS id FROM sync_outbox`)
    .all() as { table: string; id: string }[];
  const serverIds = (table: string, id: string): string | null =>
    seen.rows.get(table)?.find(({ localId }) => localId === id)?.serverId ?? null;
  return waiting
    .filter(
      ({ table, id }) => !isListed(seen, table, { localId: id, serverId: serverIds(table, id) }),
    )
    .map(
      ({ table, id }) => `${seen.till.place.code}: ${nameOf(table, id)} waits and is not listed`,
    );
}

/** Invariant 2: every sale is at HQ once and whole, or listed where it was made; and HQ has no other. */
function sales(house: House, hq: Books, seen: readonly Seen[]): string[] {
  const wrong: string[] = [];
  const orders = [...(hq.get('orders') ?? [])];
  const partsOf = (table: string, order: string): Row[] =>
    [...(hq.get(table)?.values() ?? [])].filter((row) => row['order_id'] === order);
  for (const sale of house.ledger.sales.values()) {
    const found = orders.filter(([, row]) => row['order_number'] === sale.number);
    const where = seen.find(({ till }) => till.place.code === sale.terminal);
    const local = where?.rows.get('orders')?.find(({ row }) => row['order_number'] === sale.number);
    if (where === undefined || local === undefined) {
      wrong.push(`sale ${sale.number} is gone where it was made`);
      continue;
    }
    const waits = (table: string): number =>
      (where.rows.get(table) ?? []).filter(
        (row) =>
          row.row['order_id'] === (local.serverId ?? `local:${local.localId}`) &&
          isListed(where, table, row),
      ).length;
    const [order] = found;
    if (found.length !== 1 || order === undefined) {
      if (found.length > 1 || !isListed(where, 'orders', local))
        wrong.push(`sale ${sale.number} is at HQ ${String(found.length)} times`);
      continue;
    }
    for (const [table, count] of Object.entries(sale.parts)) {
      const there = partsOf(table, order[0]).length;
      if (there + waits(table) !== count)
        wrong.push(`sale ${sale.number} has ${String(there)} of ${String(count)} ${table} at HQ`);
    }
    if (cents(order[1]['total_amount']) !== sale.total)
      wrong.push(`sale ${sale.number} has a total of ${String(order[1]['total_amount'])}`);
  }
  for (const [, row] of orders)
    if (!house.ledger.sales.has(row['order_number'] ?? ''))
      wrong.push(`HQ has order ${String(row['order_number'])}, which nobody made`);
  return wrong;
}

const cents = (amount: string | null | undefined): number =>
  Math.round(Number(amount ?? '0') * 100);

/** Invariant 6: order totals are their lines and their payments, to the cent. */
function moneyAdds(hq: Books): string[] {
  return [...(hq.get('orders') ?? [])].flatMap(([id, order]) =>
    (['order_items', 'payments'] as const).flatMap((table) => {
      const parts = [...(hq.get(table)?.values() ?? [])].filter((row) => row['order_id'] === id);
      const column = table === 'payments' ? 'amount' : 'line_total';
      const sum = parts.reduce((total, row) => total + cents(row[column]), 0);
      // Parts that are listed at their terminal are counted by `sales`.
      return sum > cents(order['total_amount'])
        ? [`order ${String(order['order_number'])}: its ${table} come to ${String(sum)} cents`]
        : [];
    }),
  );
}

/** Invariant 6: what both sides have added to a number is its end, at HQ and here. */
function sums(house: House, hq: Books, seen: readonly Seen[]): string[] {
  return COUNTERS.flatMap(({ table, column, name }) =>
    [...(hq.get(table) ?? [])].flatMap(([id, row]) => {
      const called = row[name] ?? '';
      if (called.startsWith('C')) return []; // Customers that come and go take their points with them.
      const counter = `${table}.${column} ${called}`;
      // A sum that a terminal lists as refused is still to come; one that was undone stands in its conflict log.
      if (house.ledger.undone.has(`${table}.${column}`)) return [];
      if (seen.some((each) => lists(each, table, id) || wasUndone(each.till.db, table, column)))
        return [];
      const opening = counter.startsWith('products.master_stock_quantity')
        ? OPENING_STOCK * 100
        : 0;
      const points =
        column === 'loyalty_points'
          ? 100 *
            [...(hq.get('orders')?.values() ?? [])].filter((order) => order['customer_id'] === id)
              .length
          : 0;
      const wanted = opening + points + house.ledger.addedTo(counter);
      const is = cents(row[column]);
      return is === wanted
        ? []
        : [`${counter} is ${String(is / 100)} at HQ, not ${String(wanted / 100)}`];
    }),
  );
}

/** Does this terminal list HQ's row, under HQ's key or under its own name for it? */
const lists = (each: Seen, table: string, id: string): boolean =>
  each.names.has(nameOf(table, id)) ||
  each.rows.get(table)?.some((row) => row.serverId === id && isListed(each, table, row)) === true;

/** Invariant 4: a value that nobody replaced knowingly stands at HQ, is in a conflict log, or is listed with its row. */
function noValueLost(house: House, hq: Books, seen: readonly Seen[]): string[] {
  const found = new Set<string | null>();
  for (const { table, column } of FIELDS)
    for (const row of hq.get(table)?.values() ?? []) found.add(row[column] ?? null);
  for (const each of seen) {
    for (const value of each.till.db.prepare('SELECT lost FROM sync_conflict').pluck().all() as (
      string | null
    )[])
      found.add(value);
    for (const { table, column } of FIELDS)
      for (const local of each.rows.get(table) ?? [])
        if (isListed(each, table, local)) found.add(local.row[column] ?? null);
  }
  // Deleted here by who had seen it, and at HQ too: nobody has overwritten it.
  const deletedTwice = (value: string): boolean => {
    const row = house.ledger.wentWith.get(value);
    return row !== undefined && hq.get(row.table)?.has(row.id) !== true;
  };
  return [...house.ledger.standing()]
    .filter(([value]) => !found.has(value) && !deletedTwice(value))
    .map(([value, { what }]) => `${value}, which was put into ${what}, is nowhere`);
}

/** Invariant 10: what was deleted stays deleted on both sides, unless the conflict log says what brought it back. */
function deletesStay(house: House, hq: Books, seen: readonly Seen[]): string[] {
  return [...house.ledger.deleted].flatMap(([id, by]) => {
    const back = hq.get('customers')?.has(id) === true;
    if (!back) return [];
    const logged = seen.some(
      ({ till }) =>
        till.db
          .prepare(`SELECT count(*) FROM sync_conflict WHERE tbl = 'customers' AND row_id = ?`)
          .pluck()
          .get(id) !== 0,
    );
    return logged || seen.some(({ names }) => names.has(nameOf('customers', id)))
      ? []
      : [`customer ${id}, deleted by ${by}, is back without a word`];
  });
}

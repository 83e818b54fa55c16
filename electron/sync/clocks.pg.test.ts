/** Clocks: DESIGN 7.4, invariant 5. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createForeignHq } from '../../e2e/support/foreign-company.ts';
import { atHq, expectInStep, hqRow } from '../../e2e/support/rows.ts';
import {
  createHq,
  createTerminal,
  type TestHq,
  type TestTerminal,
} from '../../e2e/support/shop.ts';

const hour = 3_600_000;
let hq: TestHq;
let open: TestTerminal[] = [];

// An HQ for each: a new file of a terminal that has sent before is another matter (DESIGN 8.1).
beforeEach(async () => {
  hq = await createHq();
});

afterEach(async () => {
  for (const terminal of open) await terminal.close();
  open = [];
  await hq.close();
});

/** A till whose clock is off: the engine's and, by `edit`, the POS's. */
async function till(code: string, skew: number) {
  const off = { ms: skew };
  const terminal = await createTerminal(hq, code, {
    compose: (ports) => ({
      ...ports,
      clock: { ...ports.clock, now: () => new Date(Date.now() + off.ms).toISOString() },
    }),
  });
  open.push(terminal);
  const edit = async (sql: string): Promise<void> => {
    const { seq } = terminal.pos
      .prepare('SELECT coalesce(max(seq), 0) AS seq FROM sync_outbox')
      .get() as { seq: number };
    terminal.pos.exec(sql);
    // What the capture trigger writes when the machine's clock is wrong.
    terminal.pos
      .prepare(`UPDATE sync_outbox SET at = strftime('%Y-%m-%dT%H:%M:%fZ', at, ?) WHERE seq > ?`)
      .run(`${String(off.ms / 1_000)} seconds`, seq);
    await pause(40);
  };
  return { terminal, edit, off };
}

const atHqNow = async (sql: string): Promise<void> => {
  await hq.db.query(sql);
  await pause(40);
};

const names = (list: readonly string[]) =>
  Promise.all(list.map(async (id) => (await hqRow(hq.db, 'products', id, 'name'))?.['name']));

/** The feed's times of one product by what was written, oldest first. */
async function feedTimes(ids: readonly string[]): Promise<number[]> {
  const { rows } = await hq.db.query<{ at: Date }>(
    `SELECT edited_at AS at FROM payflow_sync.feed WHERE tbl = 'products' AND op = 'U' AND key = ANY ($1)
      ORDER BY array_position($1, key), seq`,
    [ids],
  );
  return rows.map(({ at }) => at.getTime());
}

test.each([
  ['26 hours slow', -26 * hour],
  ['right', 0],
  ['26 hours fast', 26 * hour],
])(
  'invariant 5, 7.4: the later edit wins on both sides with a clock that is %s',
  async (_, skew) => {
    const { terminal, edit } = await till('T1', skew);
    const own = (name: string): string => `${name}${String(skew)}`;
    const [first, second, third, fourth] = ['a', 'b', 'c', 'd'].map(own) as [
      string,
      string,
      string,
      string,
    ];
    const all = [first, second, third, fourth];
    await atHq(hq.db, 'products', ...all.map((id) => ({ id })));
    await terminal.sync();
    const began = Date.now();
    const pos = (name: string, id: string) =>
      edit(`UPDATE products SET name = '${name}' WHERE local_id = '${id}'`);
    const office = (name: string, id: string) =>
      atHqNow(`UPDATE products SET name = '${name}' WHERE id = '${id}'`);
    await pos('early', first);
    await office('late', first);
    await office('early', second);
    await pos('late', second);
    await pos('early', third);
    await office('middle', third);
    await pos('late', third);
    await pos('middle', fourth);
    await office('late', fourth);
    await edit(`UPDATE products SET brand = 'till' WHERE local_id = '${fourth}'`);
    const report = await terminal.sync();

    expect(report).toMatchObject({ status: 'completed', download: { conflicts: 4 } });
    expect(await names(all)).toEqual(['late', 'late', 'late', 'late']);
    expect(await hqRow(hq.db, 'products', fourth, 'brand')).toEqual({ brand: 'till' });
    for (const at of await feedTimes(all)) {
      expect(at).toBeGreaterThanOrEqual(began - 1_000);
      expect(at).toBeLessThanOrEqual(Date.now());
    }
    await expectInStep(hq, [terminal]);
  },
);

test('7.4: stamps never decrease in outbox order and are never after HQ, also when the clock is set between edits', async () => {
  const { terminal, edit, off } = await till('T1', 0);
  const ids = ['o1', 'o2', 'o3', 'o4', 'o5'];
  await atHq(hq.db, 'products', ...ids.map((id) => ({ id })));
  await terminal.sync();
  const began = Date.now();
  for (const [place, skew] of [0, 26 * hour, 0, -30 * 365 * 24 * hour, 0].entries()) {
    off.ms = skew;
    await edit(`UPDATE products SET name = 'x' WHERE local_id = '${ids[place] ?? ''}'`);
  }
  await terminal.sync();

  const times = await feedTimes(ids);
  expect(times).toHaveLength(5);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(times[0]).toBeGreaterThanOrEqual(began - 1_000);
  expect(times[4]).toBeLessThanOrEqual(Date.now());
  expect(terminal.pos.prepare('SELECT count(*) AS n FROM sync_outbox').get()).toEqual({ n: 0 });
});

test('7.4: an edit that waits keeps its time: one that HQ made after it stays the later one', async () => {
  const { terminal, edit, off } = await till('T1', 2 * hour);
  await atHq(hq.db, 'products', { id: 'w1' }, { id: 'w2' });
  await terminal.sync();
  await edit(`UPDATE products SET name = 'waits' WHERE local_id = 'w1'`);
  await atHqNow(`UPDATE products SET name = 'later' WHERE id = 'w1'`);
  // Another table moves, and is acknowledged; meanwhile somebody sets the clock right.
  await edit(`UPDATE customers SET first_name = 'x' WHERE 0`);
  await terminal.sync({ table: 'customers' });
  off.ms = 0;
  await terminal.sync({ table: 'shifts' });
  await terminal.sync();

  expect(await names(['w1'])).toEqual(['later']);
  expect(terminal.row('products', 'w1', 'name')).toEqual({ name: 'later' });
});

test('7.4: a row read outside the feed has the time of its newest feed entry', async () => {
  const { terminal, edit } = await till('T1', 0);
  await atHq(hq.db, 'products', { id: 'r1' }, { id: 'r2' });
  await terminal.sync();
  await atHqNow(`UPDATE products SET name = 'early' WHERE id = 'r1'`);
  await edit(`UPDATE products SET name = 'late' WHERE local_id = 'r1'`);
  await edit(`UPDATE products SET name = 'early' WHERE local_id = 'r2'`);
  await atHqNow(`UPDATE products SET name = 'late', updated_at = '2001-01-01' WHERE id = 'r2'`);
  // A cursor beyond all entries: only the comparison brings the rows.
  terminal.pos.exec(
    `UPDATE sync_cursor SET xid = '99999999999', reload = 1 WHERE tbl = 'products'`,
  );
  await terminal.sync();
  await terminal.sync();

  expect(await names(['r1', 'r2'])).toEqual(['late', 'late']);
  await expectInStep(hq, [terminal]);
});

test("7.4: a row that is newer than the entries that led to it is merged by its own entry's time", async () => {
  const { terminal, edit } = await till('T1', 0);
  await atHq(hq.db, 'products', { id: 'n1' });
  await terminal.sync();
  await atHqNow(`UPDATE products SET name = 'first' WHERE id = 'n1'`);
  const holder = await hq.connect();
  await holder.query(`BEGIN; SELECT pg_current_xact_id()`);
  await edit(`UPDATE products SET name = 'between' WHERE local_id = 'n1'`);
  // Its entry lies behind the bound that the open transaction holds; its value does not.
  await atHqNow(`UPDATE products SET name = 'last' WHERE id = 'n1'`);
  await terminal.sync();
  await holder.query('ROLLBACK');
  await terminal.sync();

  expect(await names(['n1'])).toEqual(['last']);
  expect(terminal.row('products', 'n1', 'name')).toEqual({ name: 'last' });
  expect(await terminal.app.conflicts()).toContainEqual(
    expect.objectContaining({ rowId: 'n1', column: 'name', kept: 'last', lost: 'between' }),
  );
});

test('7.4: the skew is measured, kept for a status without HQ, and shown from five minutes on', async () => {
  const { terminal, off } = await till('T2', 3 * hour);
  await terminal.sync();
  const shown = await terminal.app.status();
  expect(Math.round((shown.facts.clockSkewMs ?? 0) / 60_000)).toBe(180);
  expect(shown.status.causes).toContainEqual({
    code: 'STATUS_CLOCK_FAST',
    params: { minutes: 180 },
  });

  off.ms = -hour;
  await terminal.sync();
  expect((await terminal.app.status()).status.causes).toContainEqual({
    code: 'STATUS_CLOCK_SLOW',
    params: { minutes: 60 },
  });
  off.ms = 0;
  await terminal.sync();
  const right = await terminal.app.status();
  expect(Math.abs(right.facts.clockSkewMs ?? Number.NaN)).toBeLessThan(60_000);
  expect(right.status.causes).toEqual([]);
});

test('7.4: a key whose collation takes two spellings for one still finds the time of its last edit', async () => {
  await hq.close();
  hq = await createForeignHq(
    'shelves: { scope: everyone, direction: both, strategy: newest }',
    `CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
     CREATE TABLE shelves (code varchar(20) COLLATE any_case PRIMARY KEY, label text, note text);
     INSERT INTO shelves VALUES ('North', 'first', '')`,
  );
  const { terminal, edit } = await till('A', 0);
  await edit(`UPDATE shelves SET label = 'of the till' WHERE local_id = 'North'`);
  await atHqNow(`UPDATE shelves SET label = 'of HQ, later'`);

  await terminal.sync({ direction: 'pull' });

  const { rows } = await hq.db.query('SELECT label FROM shelves');
  expect(rows).toEqual([{ label: 'of HQ, later' }]);
});

import { expect, test } from 'vitest';
import type { ColumnPlan, Plan, TablePlan } from '../../shared/plan.ts';
import type { Batch } from '../sync/ports.ts';
import { batchOf, batchText } from './saved-batch.ts';

const planOf = (...columns: string[]): Plan =>
  ({
    tables: [
      {
        name: 'products',
        columns: columns.map((hq) => ({ hq }) as ColumnPlan),
      } as unknown as TablePlan,
    ],
  }) as unknown as Plan;

const batch: Batch = {
  number: 7,
  terminal: 'term-1',
  epoch: 1,
  id: 'b',
  upto: 3,
  groups: [
    {
      table: 'products',
      op: 'update',
      columns: [0, 2],
      adds: [2],
      keys: ['p1', 'p2'],
      localIds: ['p1', 'p2'],
      values: [
        ['Tea', 'Milk'],
        ['-1', '2'],
      ],
      bases: [
        ['tea', 'milk'],
        [null, null],
      ],
      hashes: ['h1', 'h2'],
      upto: [2, 3],
      entries: ['e1', 'e2'],
      at: ['t1', 't2'],
    },
  ],
};

test('a saved batch comes back as it was', () => {
  const plan = planOf('name', 'price', 'stock');

  expect(batchOf(plan, batchText(plan, batch))).toEqual({ batch, counted: [] });
});

test("a batch saved before HQ's table got a column in front still names the same columns", () => {
  const text = batchText(planOf('name', 'price', 'stock'), batch);

  const group = batchOf(planOf('brand', 'name', 'price', 'stock'), text).batch.groups[0];

  expect(group?.columns).toEqual([1, 3]);
  expect(group?.adds).toEqual([3]);
  expect(group?.values).toEqual(batch.groups[0]?.values);
});

test('a column that HQ has lost is left out with its values and bases', () => {
  const text = batchText(planOf('name', 'price', 'stock'), batch);

  const group = batchOf(planOf('price', 'stock'), text).batch.groups[0];

  expect(group?.columns).toEqual([1]);
  expect(group?.values).toEqual([['-1', '2']]);
  expect(group?.bases).toEqual([[null, null]]);
});

test('a column that says the same in every row is kept once, and comes back for each row', () => {
  const plan = planOf('name', 'price', 'stock');
  const [group] = batch.groups;
  if (group === undefined) throw new Error('the batch has a group');
  const same: Batch = {
    ...batch,
    groups: [
      {
        ...group,
        values: [
          ['Tea', 'Tea'],
          [null, null],
        ],
      },
    ],
  };

  const text = batchText(plan, same);

  expect(text).toContain('"values":[{"all":"Tea"},{"all":null}]');
  expect(batchOf(plan, text).batch).toEqual(same);
});

test('a batch that an older PayFlow has saved, value by value, is read as it was', () => {
  const plan = planOf('name', 'price', 'stock');
  const older = JSON.stringify({
    ...batch,
    groups: batch.groups.map((group) => ({
      ...group,
      columns: ['name', 'stock'],
      adds: ['stock'],
      values: [
        ['Tea', 'Tea'],
        ['1', '1'],
      ],
    })),
  });

  expect(batchOf(plan, older).batch.groups[0]?.values).toEqual([
    ['Tea', 'Tea'],
    ['1', '1'],
  ]);
});

test('rows of a table that is not synced any more are left out, and entries with increments among them are named', () => {
  const [update] = batch.groups;
  if (update === undefined) throw new Error('no group');
  const edits = { ...update, table: 'customers', adds: [] };
  const counts = { ...update, table: 'gift_cards', entries: ['c1', 'c2,c3'] };
  const text = batchText(planOf('name', 'sku', 'stock'), {
    ...batch,
    groups: [update, edits, counts],
  });

  const read = batchOf(planOf('name', 'sku', 'stock'), text);

  expect(read.batch.groups.map(({ table }) => table)).toEqual(['products']);
  expect(read.counted).toEqual(['c1', 'c2', 'c3']);
});

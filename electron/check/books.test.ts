import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Plan } from '../../shared/plan.ts';
import { column, planOf, tablePlan } from '../local/testing.ts';
import { booksIn, readBooks } from '../host/read-books.ts';
import type { BookSums } from '../sync/ports.ts';
import { added } from './books.ts';

/** Units of the fourth decimal place, as whole numbers: what a sum must come to. */
const text = (units: bigint): string => {
  const digits = (units < 0n ? -units : units).toString().padStart(5, '0');
  const fraction = digits.slice(-4).replace(/0+$/, '');
  const whole = digits.slice(0, -4);
  return (units < 0n ? '-' : '') + (fraction === '' ? whole : `${whole}.${fraction}`);
};

test('10: amounts are added exactly, in any order, whatever their size', () => {
  const amount = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n });
  fc.assert(
    fc.property(fc.array(fc.tuple(amount, amount, amount), { minLength: 1 }), (rows) => {
      const sum = (order: typeof rows): BookSums | undefined =>
        order.reduce<BookSums | undefined>(
          (before, [net, tax, total]) =>
            added(before, {
              shift: 's',
              tender: null,
              net: text(net),
              tax: text(tax),
              total: text(total),
            }),
          undefined,
        );
      const exact = (place: 0 | 1 | 2): string =>
        text(rows.reduce((units, row) => units + row[place], 0n));
      const expected = {
        shift: 's',
        tender: null,
        count: rows.length,
        net: exact(0),
        tax: exact(1),
        total: exact(2),
      };
      expect(sum(rows)).toEqual(expected);
      expect(sum(rows.toReversed())).toEqual(expected);
    }),
  );
});

const sales = (...columns: Parameters<typeof tablePlan>[2]): Plan =>
  planOf(tablePlan('orders', 1, columns));
const names = ['order_number', 'shift_id', 'payment_method'].map((name) => column(name));
const amounts = ['subtotal', 'tax_amount', 'total_amount'].map((name) => column(name, 'decimal'));

test('10: the books are those that sync here; a column that is none is refused, not passed over', () => {
  const [book, ...others] = booksIn(sales(...names, ...amounts), readBooks());
  expect(others).toEqual([]);
  expect(book).toMatchObject({ receipt: 0, shift: 1, tender: 2, amounts: [3, 4, 5] });
  expect(booksIn(planOf(), readBooks())).toEqual([]);
  expect(() => booksIn(sales(...names, ...amounts.slice(1)), readBooks())).toThrow(
    expect.objectContaining({
      code: 'BOOKS_UNKNOWN',
      params: { table: 'orders', column: 'subtotal' },
    }),
  );
  const float = column('total_amount', 'float');
  expect(() => booksIn(sales(...names, ...amounts.slice(0, 2), float), readBooks())).toThrow(
    'BOOKS_UNKNOWN',
  );
});

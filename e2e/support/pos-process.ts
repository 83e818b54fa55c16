/**
 * A POS program in a process of its own, on another SQLite library, that knows nothing of PayFlow: it sells until its
 * parent says stop, then tells what it has sold and which of its writes failed.
 */
import { appendFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { sell } from './sale.ts';

export interface PosOrder {
  readonly path: string;
  readonly terminal: string;
  readonly products: readonly string[];
  readonly pauseMs: number;
  /** A file that gets a line `SALE QUANTITY CENTS PRODUCT` after each commit: what the till's owner would swear to. */
  readonly ledger?: string;
  /** Begins the names of its sales. */
  readonly prefix?: string;
}

export interface PosResult {
  readonly sales: number;
  readonly cents: number;
  /** Pieces sold, by product. */
  readonly sold: Readonly<Record<string, number>>;
  readonly failures: readonly string[];
}

const order = JSON.parse(process.argv[2] ?? '{}') as PosOrder;
let told = false;
const abandoned = (): void => process.exit(1);
process.on('message', () => {
  told = true;
});
process.once('disconnect', abandoned);

// What a POS sets: it waits for another's write, and its own are short and begin as writes.
const pos = new DatabaseSync(order.path, { timeout: 5000 });
const sold: Record<string, number> = Object.fromEntries(order.products.map((id) => [id, 0]));
const failures: string[] = [];
let sales = 0;
let cents = 0;
for (let number = 1; !told; number += 1) {
  const product = order.products[number % order.products.length] ?? '';
  const quantity = 1 + (number % 3);
  const price = 100 + (number % 97);
  try {
    const id = `${order.prefix ?? 'sale'}-${number}`;
    sell(pos, { id, terminal: order.terminal, product, quantity, cents: price });
    if (order.ledger !== undefined)
      appendFileSync(order.ledger, `${id} ${quantity} ${price} ${product}\n`);
    sales += 1;
    cents += price * quantity;
    sold[product] = (sold[product] ?? 0) + quantity;
  } catch (error) {
    failures.push(String(error));
  }
  await sleep(order.pauseMs);
}
pos.close();
process.send?.({ sales, cents, sold, failures } satisfies PosResult);
process.off('disconnect', abandoned);
process.disconnect();

/**
 * A POS that sells without pause until its stdin is closed; prints the milliseconds of each sale. Arguments: file, the
 * beginning of the sales' names.
 */
import { DatabaseSync } from 'node:sqlite';
import { sell } from '../support/sale.ts';

const PAUSE_MS = 20;

const [file = '', name = ''] = process.argv.slice(2);
const pos = new DatabaseSync(file, { timeout: 5000 });
const product = String(pos.prepare('SELECT local_id AS id FROM products LIMIT 1').get()?.['id']);
const sales: number[] = [];

const selling = setInterval(() => {
  const start = performance.now();
  const id = `${name}-${String(sales.length)}`;
  sell(pos, { id, terminal: 'term-1', product, quantity: 1, cents: 500 });
  sales.push(performance.now() - start);
}, PAUSE_MS);

process.stdin.resume().on('end', () => {
  clearInterval(selling);
  pos.close();
  process.stdout.write(JSON.stringify(sales));
});

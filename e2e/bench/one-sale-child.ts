/** One sale by a POS of its own; prints when it was committed, in milliseconds since 1970. */
import { DatabaseSync } from 'node:sqlite';
import { sell } from '../support/sale.ts';

const [file = '', name = ''] = process.argv.slice(2);
const pos = new DatabaseSync(file, { timeout: 5000 });
const product = pos.prepare('SELECT local_id AS id FROM products LIMIT 1').get()?.['id'];
sell(pos, { id: name, terminal: 'term-1', product: String(product), quantity: 1, cents: 500 });
process.stdout.write(String(Date.now()));
pos.close();

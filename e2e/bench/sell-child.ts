/**
 * The POS of the upload benchmark, in a process of its own as a POS is: two SQLite libraries in one process do not see
 * each other's locks. Arguments: file, number of customers, name of the run.
 */
import { DatabaseSync } from 'node:sqlite';

const [file = '', count = '0', run = ''] = process.argv.slice(2);
const pos = new DatabaseSync(file, { timeout: 5000 });
pos.exec('BEGIN');
const insert = pos.prepare(`
  INSERT INTO customers (local_id, customer_code, first_name, last_name, email, city, store_id, updated_at)
  VALUES (?, ?, 'Ada', 'Lovelace', ?, 'London', 'store-1', '2026-11-22T10:00:00.000Z')`);
for (let row = 0; row < Number(count); row += 1) {
  insert.run(crypto.randomUUID(), `C-${run}-${String(row)}`, `c${String(row)}@example.com`);
}
pos.exec('COMMIT');
pos.close();

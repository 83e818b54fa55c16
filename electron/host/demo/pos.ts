/**
 * The POS program of the demo, a process of its own: it opens shifts and sells, in short transactions on the SQLite
 * file it is given, by Node's own SQLite library. It knows nothing of PayFlow.
 *
 *   node pos.ts FILE TERMINAL_CODE
 */
import { DatabaseSync } from 'node:sqlite';
import { money, seededChance } from './chance.ts';
import { serve } from './helper-process.ts';
import { insert, sell, type Till } from './pos-sale.ts';

const [file = '', code = ''] = process.argv.slice(2);
/** What a cashier types into the drawer: 150.00, and once in a while 1500.00. */
const openingCents = 15_000;
const mistypedCents = 150_000;

const db = new DatabaseSync(file, { timeout: 10_000 });
db.exec('PRAGMA foreign_keys = ON');
const chance = seededChance(7);
let shifts = 0;
let sales = 0;
let soldCents = 0;

const terminal = db
  .prepare('SELECT local_id, store_id FROM terminals WHERE terminal_code = ?')
  .get(code) as { local_id: string; store_id: string };
const cashiers = (
  db.prepare(`SELECT local_id FROM users WHERE role = 'cashier'`).all() as { local_id: string }[]
).map(({ local_id }) => local_id);

const till: Till = { db, code, terminal, chance, cashier: '', shift: '' };

function openShift(cents: number): void {
  shifts += 1;
  till.shift = `shift_${String(shifts).padStart(3, '0')}`;
  till.cashier = chance.pick(cashiers);
  const now = new Date().toISOString();
  db.exec('BEGIN IMMEDIATE');
  db.prepare(
    `UPDATE shifts SET status = 'closed', end_time = ?, updated_at = ? WHERE status = 'open'`,
  ).run(now, now);
  insert(db, 'shifts', {
    local_id: till.shift,
    terminal_id: terminal.local_id,
    user_id: till.cashier,
    shift_number: `${code}-${shifts}`,
    start_time: now,
    opening_balance: money(cents),
    updated_at: now,
  });
  db.exec('COMMIT');
}

function correctShift(): void {
  db.prepare('UPDATE shifts SET opening_balance = ?, updated_at = ? WHERE local_id = ?').run(
    money(openingCents),
    new Date().toISOString(),
    till.shift,
  );
}

function oneSale(): void {
  sales += 1;
  soldCents += sell(till, sales);
}

serve({
  step: oneSale,
  pauseMs: () => chance.between(90, 240),
  tally: () => ({ sales, cents: soldCents, shifts }),
  skills: {
    'open shift': () => openShift(openingCents),
    'open mistyped shift': () => openShift(mistypedCents),
    'correct shift': correctShift,
    sell: oneSale,
  },
});

import type { Connections } from '../../remote/connection.ts';
import type { Row, Shop } from './shop.ts';

const rowsAtOnce = 2_000;

/**
 * HQ's own rule, which no till knows: with it a shift can be refused, and then its sales have to wait. The amount
 * is that of the scene in `scenes.ts`.
 */
const openingRule = `ALTER TABLE shifts ADD CONSTRAINT opening_balance_at_most_500
  CHECK (opening_balance <= 500)`;

/** Puts the sample shop into HQ's tables, one transaction per table as an import would. */
export async function loadShop(hq: Connections, shop: Shop): Promise<number> {
  await hq.use((client) => client.query(openingRule));
  let count = 0;
  for (const [table, rows] of shop) {
    await hq.use(async (client) => {
      await client.query('BEGIN');
      for (let at = 0; at < rows.length; at += rowsAtOnce)
        await client.query(insertSql(table, rows), [
          JSON.stringify(rows.slice(at, at + rowsAtOnce)),
        ]);
      await client.query('COMMIT');
    });
    count += rows.length;
  }
  return count;
}

/** Only the columns that the shop gives: the others take their defaults. */
function insertSql(table: string, rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))].join(', ');
  return `INSERT INTO ${table} (${columns})
          SELECT ${columns} FROM jsonb_populate_recordset(NULL::${table}, $1)`;
}

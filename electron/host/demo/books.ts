import type { Connections } from '../../remote/connection.ts';
import type { DemoBooks } from '../app-types.ts';
import { cents, money } from './chance.ts';
import type { Tally } from './helper.ts';

/** A second opinion beside `verify`, made without any of PayFlow's code. */
export async function compareBooks(hq: Connections, till: Tally): Promise<DemoBooks> {
  const { rows } = await hq.use((client) =>
    client.query<{ sales: string; total: string }>(
      'SELECT count(*) AS sales, coalesce(sum(total_amount), 0) AS total FROM orders',
    ),
  );
  const { sales = '0', total = '0' } = rows[0] ?? {};
  return {
    till: { sales: till['sales'] ?? 0, total: money(till['cents'] ?? 0) },
    hq: { sales: Number(sales), total: money(cents(total)) },
  };
}

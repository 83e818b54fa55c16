import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { forgetTerminals, terminalEnv, type BenchCompany } from './company.ts';
import { median, timed } from './measure.ts';

const ROWS = 200_000;
const RUNS = 3;

export interface DownloadFigures {
  readonly rows: number;
  /** Seconds of `init`: connecting, making payflow.db, loading every table. */
  readonly ours: number;
  /** The same with the start and end of its process. */
  readonly oursWithProcess: number;
  readonly pipe: number | null;
  /** Largest resident memory of the engine's process, MB. */
  readonly memoryMb: number;
}

/**
 * First load of products against `psql | sqlite3 .import` (whole processes), alternating. The pipe fills a table with
 * the columns and indexes of payflow.db's own, WAL and synchronous=FULL as PayFlow has them, and no triggers.
 */
export async function measureDownload(
  company: BenchCompany,
  withPipe: boolean,
): Promise<DownloadFigures> {
  await company.db.query(`
    INSERT INTO products (id, sku, name, description, product_type, brand, cost_price, selling_price, tax_rate,
                          master_stock_quantity, barcode, tags, store_id, created_at, updated_at)
    SELECT gen_random_uuid(), 'SKU-' || g, 'Product number ' || g, 'A thing one can buy, number ' || g, 'simple', 'Brand ' || g % 50,
           round((g % 1000)::numeric / 7, 4), round((g % 1000)::numeric / 5, 4), 0.19, g % 100, '40' || g, '["a","b"]', 'store-1',
           now(), now()
      FROM generate_series(1, ${String(ROWS)}) g;
    ANALYZE products`);
  // The rows above are what the first load finds, not what the feed brings.
  await company.db.query('SELECT payflow_sync.purge(30, 10000000)');
  const ours: number[] = [];
  const pipe: number[] = [];
  const memory: number[] = [];
  const whole: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const file = join(company.folder, `download-${String(run)}.db`);
    const child = join(import.meta.dirname, 'init-child.ts');
    await forgetTerminals(company);
    const load = await timed(process.execPath, [child], terminalEnv(company, file));
    const told = JSON.parse(load.stdout) as { seconds: number; memoryKb: number };
    ours.push(told.seconds);
    whole.push(load.seconds);
    memory.push(told.memoryKb / 1024);
    if (withPipe)
      pipe.push(await fillByPipe(company, file, join(company.folder, `pipe-${String(run)}.db`)));
  }
  return {
    rows: ROWS,
    ours: median(ours),
    oursWithProcess: median(whole),
    pipe: withPipe ? median(pipe) : null,
    memoryMb: Math.max(...memory),
  };
}

/** Makes the same table elsewhere and pipes the rows into it; seconds. Fails unless every row arrived. */
async function fillByPipe(company: BenchCompany, like: string, target: string): Promise<number> {
  const source = new DatabaseSync(like, { readOnly: true });
  const statements = source
    .prepare(
      `SELECT sql FROM sqlite_master WHERE tbl_name = 'products' AND type IN ('table', 'index') AND sql IS NOT NULL`,
    )
    .all()
    .map((row) => String(row['sql']));
  const columns = source
    .prepare(`SELECT name FROM pragma_table_info('products')`)
    .all()
    .map((row) => String(row['name']));
  source.close();
  const db = new DatabaseSync(target);
  db.exec(`PRAGMA journal_mode = WAL; ${statements.join(';\n')}`);
  db.close();
  const own: Record<string, string> = {
    local_id: 'id',
    server_id: 'id',
    stock_quantity: 'master_stock_quantity',
    terminal_id: `'term-1'`,
    sync_status: `'synced'`,
    sync_operation: 'NULL',
    last_sync_at: `'2026-11-22T00:00:00.000Z'`,
  };
  const list = columns.map((name) => own[name] ?? `"${name}"`).join(', ');
  const copy = `COPY (SELECT ${list} FROM products ORDER BY id) TO STDOUT CSV`;
  const command = `psql "$DATABASE_URL" -qc "$COPY" | sqlite3 -cmd 'PRAGMA synchronous = FULL' "$TARGET" '.import --csv /dev/stdin products'`;
  const { seconds } = await timed('sh', ['-c', command], {
    ...process.env,
    DATABASE_URL: company.url,
    COPY: copy,
    TARGET: target,
  });
  const check = new DatabaseSync(target, { readOnly: true });
  const arrived = check.prepare('SELECT count(*) AS n FROM products').get()?.['n'];
  check.close();
  if (arrived !== ROWS)
    throw new Error(`the pipe brought ${String(arrived)} rows of ${String(ROWS)}`);
  return seconds;
}

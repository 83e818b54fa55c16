import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { openApp, type Compose } from '../../electron/host/app.ts';
import { readSettings } from '../../electron/host/settings.ts';
import { quietLog } from '../support/quiet-log.ts';
import { forgetTerminals, terminalEnv, type BenchCompany } from './company.ts';
import { median, timed } from './measure.ts';

const CUSTOMERS = 20_000;
const CHANGES = 100_000;

/** What others notice of a sync, in milliseconds. */
export interface PosFigures {
  readonly sales: number;
  /** From BEGIN to the end of COMMIT of a sale that another process makes, with SQLite's default checkpoints. */
  readonly saleMedian: number;
  readonly saleLongest: number;
  /** The longest time for which the engine held the write lock (DESIGN 5.6). */
  readonly lockLongest: number;
}

export interface PosBeside {
  readonly upload: PosFigures;
  readonly download: PosFigures;
}

/** A POS that goes on selling while 20,000 rows go up, and while 100,000 of HQ's come down. */
export async function measurePosBeside(company: BenchCompany): Promise<PosBeside> {
  const file = join(company.folder, 'pos-beside.db');
  await forgetTerminals(company);
  await company.db.query(`
    INSERT INTO users (id, username, password_hash, store_id, updated_at)
    VALUES ('user-1', 'ana', 'secret', 'store-1', now()) ON CONFLICT DO NOTHING`);
  await company.db.query(
    `INSERT INTO products (id, sku, name, selling_price, master_stock_quantity, store_id, updated_at)
     SELECT 'pos-' || g, 'POS-' || g, 'Product ' || g, 5, 1000, 'store-1', now()
       FROM generate_series((SELECT count(*) + 1 FROM products), greatest($1::int, (SELECT count(*) + 1 FROM products))) g`,
    [CHANGES],
  );
  const locks: number[] = [];
  const app = await openApp(
    readSettings(terminalEnv(company, file)),
    quietLog,
    undefined,
    timingLocks(locks),
  );
  const { signal } = new AbortController();
  try {
    await app.init(() => undefined, signal);
    const beside = async (direction: 'push' | 'pull'): Promise<PosFigures> => {
      locks.length = 0;
      const pos = startPos(file, direction);
      await app.sync({
        direction,
        table: null,
        dryRun: false,
        onProgress: () => undefined,
        signal,
      });
      const sales = await pos.stop();
      return {
        sales: sales.length,
        saleMedian: median(sales),
        saleLongest: Math.max(...sales),
        lockLongest: Math.max(...locks),
      };
    };
    await timed(process.execPath, [
      join(import.meta.dirname, 'sell-child.ts'),
      file,
      'customers',
      String(CUSTOMERS),
      'pos',
    ]);
    const upload = await beside('pull');
    await company.db.query(
      `UPDATE products SET description = 'changed' WHERE id IN (SELECT id FROM products LIMIT $1)`,
      [CHANGES],
    );
    return { upload, download: await beside('push') };
  } finally {
    await app.close();
  }
}

function timingLocks(locks: number[]): Compose {
  return (ports) => ({
    ...ports,
    local: {
      ...ports.local,
      write(work, options) {
        let since = Number.NaN;
        const result = ports.local.write(() => {
          since = performance.now();
          return work();
        }, options);
        locks.push(performance.now() - since);
        return result;
      },
    },
  });
}

/** `stop` answers with the milliseconds that each of its sales took. */
function startPos(file: string, name: string): { stop(): Promise<number[]> } {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'pos-child.ts'), file, name], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const told: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => told.push(chunk));
  return {
    async stop() {
      const ended = once(child, 'close');
      child.stdin.end();
      await ended;
      if (child.exitCode !== 0) throw new Error(`the POS ended with ${String(child.exitCode)}`);
      return JSON.parse(Buffer.concat(told).toString()) as number[];
    },
  };
}

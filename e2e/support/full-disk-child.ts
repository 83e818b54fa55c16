/**
 * A till on a disk of a few megabytes that fills up: what `disk.pg.test.ts` runs in a mount namespace of its own. Prints what
 * each sync said, as JSON.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openApp } from '../../electron/host/app.ts';
import { readSettings } from '../../electron/host/settings.ts';
import { quietLog } from './quiet-log.ts';
import { sell } from './sale.ts';

const [url = '', folder = ''] = process.argv.slice(2);
const path = join(folder, 'payflow.db');
const filler = join(folder, 'somebody-elses-file');
const settings = readSettings({ DATABASE_URL: url, PAYFLOW_DB: path, PAYFLOW_TERMINAL: 'T1' });
const { signal } = new AbortController();
const nothing = (): void => undefined;
const app = await openApp(settings, quietLog);
await app.init(nothing, signal);
const pos = new DatabaseSync(path, { timeout: 5_000 });
const said: (string | null)[] = [];
const sync = async (): Promise<void> => {
  const asked = { direction: 'both', table: null, dryRun: false } as const;
  const { error } = await app.sync({ ...asked, onProgress: nothing, signal });
  said.push(error?.code ?? null);
};

for (const id of ['before-1', 'before-2'])
  sell(pos, { id, terminal: 'term-1', product: 'p1', quantity: 1, cents: 100 });
// The log is as short as it gets: a long one would be moved into the file, and what it held be room for the next run.
pos.exec('PRAGMA wal_checkpoint(TRUNCATE)');
// To the last byte.
for (let size = 1 << 20; size >= 1; size >>= 1)
  for (let full = false; !full;)
    try {
      writeFileSync(filler, Buffer.alloc(size), { flag: 'a' });
    } catch {
      full = true;
    }
await sync();
await sync();
rmSync(filler);
sell(pos, { id: 'after', terminal: 'term-1', product: 'p1', quantity: 1, cents: 100 });
await sync();
await sync();
const { causes } = (await app.status()).status;
const waiting = pos.prepare('SELECT count(*) AS count FROM sync_outbox').get();
const check = pos.prepare('PRAGMA integrity_check').get();
pos.close();
await app.close();
console.log(JSON.stringify({ said, waiting, check, causes }));

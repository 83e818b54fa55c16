/** `payflow manifest` before and after `hq install`: whoever installs for the first time has something to compare with. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { quietLog } from '../../e2e/support/quiet-log.ts';
import { createHq } from '../../e2e/support/shop.ts';
import { tempFolder } from '../local/testing.ts';
import { readManifest } from '../schema/read-manifest.ts';
import { openApp } from './app.ts';
import { manifestFile } from './manifest.ts';
import { readSettings } from './settings.ts';

const schemaSql = readFileSync(
  join(import.meta.dirname, '../../resources/hq/payflow-schema.sql'),
  'utf8',
);

/** An HQ with these tables and no capture. */
async function hqOf(schema: string) {
  const hq = await createHq({ install: false, schemaSql: schema });
  const app = await openApp(readSettings({ DATABASE_URL: hq.url }), quietLog);
  return {
    app,
    db: hq.db,
    close: async () => {
      await app.close();
      await hq.close();
    },
  };
}

test('before hq install it is the one that this would store, with what HQ says, and changes nothing', async () => {
  const hq = await hqOf(`${schemaSql}; ALTER TABLE products ADD COLUMN shelf varchar(20)`);
  const printed = await hq.app.manifest();
  expect(printed).toContain('#   shelf character varying(20)');
  const own = await manifestFile(null);
  expect(readManifest(printed, 'printed')).toEqual(readManifest(own.text, own.path));
  const { rows } = await hq.db.query(
    `SELECT 1 FROM pg_namespace WHERE nspname = 'payflow_sync'
     UNION ALL SELECT 1 FROM pg_trigger WHERE NOT tgisinternal`,
  );
  expect(rows).toEqual([]);

  // It is accepted as it is, and says the same once it is the one that HQ follows.
  using folder = tempFolder();
  const file = join(folder.path, 'printed.yaml');
  writeFileSync(file, printed);
  await hq.app.installHq({ withSchema: false, manifest: file, notify: null });
  const followed = await hq.app.manifest();
  expect(readManifest(followed, 'followed')).toEqual(readManifest(printed, 'printed'));
  expect(followed).toContain('#   shelf character varying(20)');
  await hq.close();
});

test('an HQ whose columns do not fit is shown them all the same', async () => {
  const hq = await hqOf(`${schemaSql}; ALTER TABLE terminals DROP COLUMN terminal_code CASCADE`);
  expect(await hq.app.manifest()).not.toMatch(/#\s+terminal_code /);
  await hq.close();
});

test('a table that HQ lacks is named', async () => {
  const hq = await hqOf(`${schemaSql}; DROP TABLE receipts CASCADE`);
  await expect(hq.app.manifest()).rejects.toMatchObject({
    code: 'HQ_TABLE_MISSING',
    params: { table: 'receipts' },
  });
  await hq.close();
});

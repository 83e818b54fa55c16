/** A fleet is not updated at one moment: which PayFlow at a terminal works with which at HQ. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defaultManifest } from '../../e2e/support/hq.ts';
import {
  createHq,
  createTerminal,
  type TestHq,
  type TestTerminal,
} from '../../e2e/support/shop.ts';
import { installCapture } from '../remote/install.ts';
import { knownMigrations } from '../remote/migrations.ts';

const shipped = join(import.meta.dirname, '../../resources/hq');
const { newest } = knownMigrations(shipped);

let folder: string;
let hq: TestHq;
let terminal: TestTerminal;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'payflow-hq-'));
  hq = await createHq();
  terminal = await createTerminal(hq, 'T1', { init: true });
});
afterEach(async () => {
  await terminal.close();
  await hq.close();
  rmSync(folder, { recursive: true, force: true });
});

/** HQ gets a PayFlow with one migration more. */
function updateHq(sql: string) {
  cpSync(shipped, folder, { recursive: true });
  writeFileSync(join(folder, `${String(newest + 1).padStart(3, '0')}_more.sql`), sql);
  return installCapture(hq.db, { manifest: defaultManifest(), resources: folder });
}

describe('HQ is updated first, the terminals in any order', () => {
  test('a terminal older than HQ goes on working', async () => {
    expect((await updateHq('SELECT 1;')).migrations).toEqual([newest + 1]);
    expect((await terminal.trySync()).status).toBe('completed');
  });

  test('a terminal older than HQ is refused where a migration that it lacks says so', async () => {
    await updateHq('-- payflow: closing\nSELECT 1;');
    expect((await terminal.trySync()).error).toEqual({
      code: 'HQ_INSTALL_NEWER',
      params: { installed: newest + 1, known: newest },
    });
  });

  test('a terminal newer than HQ is refused where HQ lacks what it needs, and an install mends it', async () => {
    await hq.db.query('DELETE FROM payflow_sync.migration WHERE number >= $1', [newest]);
    expect((await terminal.trySync()).error).toEqual({
      code: 'HQ_INSTALL_OLDER',
      params: { installed: newest - 1, known: newest },
    });
    await terminal.app.installHq({ withSchema: true, manifest: null, notify: null });
    expect((await terminal.trySync()).status).toBe('completed');
  });

  test('a terminal newer than HQ works where HQ lacks only what no terminal needs', async () => {
    await hq.db.query('DELETE FROM payflow_sync.migration WHERE number = 5');
    expect((await terminal.trySync()).status).toBe('completed');
  });

  test('an HQ of before versions were compared says that it is older', async () => {
    await hq.db.query(`
      ALTER TABLE payflow_sync.migration DROP COLUMN closing;
      DELETE FROM payflow_sync.migration WHERE number > 4`);
    expect((await terminal.trySync()).error?.code).toBe('HQ_INSTALL_OLDER');
    expect((await updateHq('SELECT 1;')).migrations).toContain(newest);
    expect((await terminal.trySync()).status).toBe('completed');
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PayflowError } from '../../shared/errors.ts';
import { localError } from './errors.ts';
import type { ReadableDb, WritableDb } from './open.ts';

interface Migration {
  readonly version: number;
  readonly sql: string;
}

const versionName = 'local_version';

/**
 * Brings PayFlow's own tables (`sync_...`) up to date and returns their version; every migration commits with its
 * number or not at all. The number stands in sync_meta: `PRAGMA user_version` may be the POS program's own.
 */
export function migrateLocal(db: WritableDb, folder: string): number {
  const migrations = readMigrations(folder);
  const newest = migrations.at(-1)?.version ?? 0;
  try {
    for (const migration of migrations) applyMigration(db, migration);
  } catch (error) {
    throw localError(error, db.name);
  }
  const version = localVersion(db);
  if (version > newest) throw new PayflowError('LOCAL_TOO_NEW', { file: db.name, version });
  assertSessionIdle(db);
  return version;
}

/**
 * DESIGN 4.2: the guard of the capture triggers is only ever set inside a transaction of the engine. Found set (or gone)
 * at start, somebody else wrote it, and what the POS did since was not captured: that is said, not healed in silence.
 */
export function assertSessionIdle(db: ReadableDb): void {
  const states = db.prepare('SELECT applying FROM sync_session').pluck().all();
  if (states.length !== 1 || states[0] !== 0) {
    throw new PayflowError('LOCAL_CAPTURE_OFF', { file: db.name });
  }
}

/** The version that this program's migrations lead to. */
export function newestVersion(folder: string): number {
  return readMigrations(folder).at(-1)?.version ?? 0;
}

/** 0 where the file has none of PayFlow's tables yet. */
export function localVersion(db: ReadableDb): number {
  if (!hasTable(db, 'sync_meta')) return 0;
  const value = db.prepare('SELECT value FROM sync_meta WHERE name = ?').pluck().get(versionName);
  return Number(value ?? 0);
}

function readMigrations(folder: string): Migration[] {
  return readdirSync(folder)
    .filter((name) => /^\d{3}_.+\.sql$/.test(name))
    .toSorted()
    .map((name) => ({
      version: Number(name.slice(0, 3)),
      sql: readFileSync(join(folder, name), 'utf8'),
    }));
}

function applyMigration(db: WritableDb, { version, sql }: Migration): void {
  db.transaction(() => {
    if (localVersion(db) >= version) return;
    if (version === 1) assertNamesFree(db, sql);
    db.exec(sql);
    db.prepare(
      'INSERT INTO sync_meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    ).run(versionName, String(version));
  }).immediate();
}

/** A POS with a table of its own called `sync_batch` keeps it: we stop and say so. */
function assertNamesFree(db: ReadableDb, sql: string): void {
  const names = [...sql.matchAll(/^CREATE (?:TABLE|INDEX) (\w+)/gm)].map(([, name]) => name ?? '');
  const taken = names.find((name) => hasTable(db, name));
  if (taken !== undefined)
    throw new PayflowError('LOCAL_NAME_TAKEN', { file: db.name, name: taken });
}

function hasTable(db: ReadableDb, name: string): boolean {
  return db.prepare('SELECT 1 FROM sqlite_master WHERE lower(name) = ?').get(name) !== undefined;
}

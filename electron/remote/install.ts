import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { Manifest } from '../../shared/manifest.ts';
import type { Catalogue } from '../schema/catalogue.ts';
import { canonicalJson } from '../schema/canonical-json.ts';
import { completePlan } from '../schema/plan.ts';
import { captureOf, isCaptured, md5, type Capture, type Relation } from './capture-sql.ts';
import { readCatalogue } from './catalogue.ts';
import { sqlStateOf } from './hq-errors.ts';
import { id } from './identifiers.ts';
import { checkOwnership, checkServer, missingPrivilege } from './install-checks.ts';
import { aloneAtHq } from './install-lock.ts';
import { lockTables, type TableLock } from './lock-tables.ts';
import {
  applyConcurrently,
  applyMigrations,
  isInstalled,
  pendingMigrations,
  readMigrations,
  type Migration,
} from './migrations.ts';
import type { Queryable } from './queryable.ts';
import { dropCapture, locksFor, triggersOf } from './uninstall.ts';
import { readCaptured, verifyCapture, type CapturedTable } from './verify-capture.ts';

export interface InstallOptions {
  readonly manifest: Manifest;
  /** Create PayFlow's own tables first. */
  readonly withSchema?: boolean;
  /** Announce changes with NOTIFY; default: as installed before, else yes. */
  readonly notify?: boolean;
  /** How long the feed is kept for a terminal that is away; default: as installed before, else 30. */
  readonly keepDays?: number;
  /** The folder of the migrations; the desktop app keeps it among its resources. */
  readonly resources?: string;
  /** How long a table that other programs are writing is waited for. */
  readonly patienceMs?: number;
}

/** What an install did; tables by name. */
export interface InstallReport {
  readonly created: readonly string[];
  readonly updated: readonly string[];
  readonly unchanged: readonly string[];
  /** No longer captured. */
  readonly dropped: readonly string[];
  /** Numbers of the migrations that were applied now. */
  readonly migrations: readonly number[];
  readonly notify: boolean;
  /** Null: as installed before. */
  readonly keepDays: number | null;
  /** Above 0 no change is ever announced: a transaction that has notified cannot be prepared. */
  readonly maxPreparedTransactions: number;
}

const defaultResources = resolve(import.meta.dirname, '../../resources/hq');
const defaultPatienceMs = 30_000;

/**
 * Installs or updates change capture, in one transaction on one connection (not a pool): all of it or nothing.
 * Running it again changes only what differs. The order is what keeps HQ's programs unharmed: every lock on a table
 * of the shop is taken at once and without waiting, before anything that could be waited for. Indexes of a feed that is in
 * use follow the transaction; an install that is cut off there has left a capture that works, and the next one goes on.
 */
export async function installCapture(
  client: Queryable,
  options: InstallOptions,
): Promise<InstallReport> {
  const { patienceMs = defaultPatienceMs } = options;
  return aloneAtHq(client, patienceMs, async () => {
    // How long a statement takes is the feed's size, no sign of anything wrong.
    await client.query('SET statement_timeout = 0');
    try {
      const { report, afterwards } = await installAtOnce(client, options);
      if (afterwards.length > 0)
        await unhurried(client, () => applyConcurrently(client, afterwards));
      const migrations = [...report.migrations, ...afterwards.map(({ number }) => number)];
      return { ...report, migrations };
    } finally {
      await client.query('RESET statement_timeout').catch(() => undefined);
    }
  });
}

/**
 * The build of an index waits for the transactions that were there before it, and nobody waits for it: no limit is any use.
 * HQ gives it up when its client is gone, which it otherwise finds out at the end.
 */
async function unhurried(client: Queryable, work: () => Promise<void>): Promise<void> {
  await client.query('SET lock_timeout = 0');
  // Not every system can tell (PostgreSQL on Windows cannot): there it is finished for nobody.
  await client.query(`SET client_connection_check_interval = '2s'`).catch(() => undefined);
  try {
    await work();
  } finally {
    await client
      .query('RESET lock_timeout; RESET client_connection_check_interval')
      .catch(() => undefined);
  }
}

interface AtOnce {
  readonly report: InstallReport;
  readonly afterwards: readonly Migration[];
}

async function installAtOnce(client: Queryable, options: InstallOptions): Promise<AtOnce> {
  await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
  try {
    const done = await installInTransaction(client, options);
    await client.query('COMMIT');
    return done;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw sqlStateOf(error) === '42501'
      ? missingPrivilege('OWNER', messageOf(error), error)
      : error;
  }
}

async function installInTransaction(db: Queryable, options: InstallOptions): Promise<AtOnce> {
  const { manifest, resources = defaultResources, patienceMs = defaultPatienceMs } = options;
  const server = await checkServer(db);
  if (options.withSchema) await createShopSchema(db, manifest.schema, resources);
  const catalogue = await readCatalogue(db, manifest.schema, Object.keys(manifest.tables));
  const notify = options.notify ?? (await wasNotifying(db));
  const wanted = capturesOf(manifest, catalogue, notify);
  const before = await stateBefore(db);
  const work = compare(wanted, before);
  const { inside, afterwards } = await pendingMigrations(db, readMigrations(resources));

  const touched = work.changed.flatMap(({ table }) =>
    relationsOf(table, manifest.schema, catalogue),
  );
  await checkOwnership(db, touched);
  const obsolete = before.captured.length > 0 ? await triggersOf(db, work.dropped) : [];
  await lockTables(
    db,
    [
      ...touched.map((relation) => ({ relation, mode: 'SHARE ROW EXCLUSIVE' as const })),
      ...locksFor(obsolete),
      ...(inside.length > 0 && before.captured.length > 0 ? alteredLocks : []),
    ],
    patienceMs,
  );
  await applyMigrations(db, inside);
  await db.query('UPDATE payflow_sync.meta SET notify = $1 WHERE notify IS DISTINCT FROM $1', [
    notify,
  ]);
  if (options.keepDays !== undefined)
    await db.query('UPDATE payflow_sync.meta SET keep_days = $1', [options.keepDays]);
  await storeManifest(db, manifest);
  await dropCapture(db, work.dropped, obsolete);
  for (const capture of work.changed) await createCapture(db, capture);
  // What was written while the old triggers stood, or none, may have been missed.
  await requestReload(db, work.updated);
  const report: InstallReport = {
    created: work.created,
    updated: work.updated,
    unchanged: work.unchanged,
    dropped: work.dropped.map(({ table }) => table),
    migrations: inside.map(({ number }) => number),
    notify,
    keepDays: options.keepDays ?? null,
    maxPreparedTransactions: server.maxPreparedTransactions,
  };
  return { report, afterwards };
}

/** What a migration may alter: the feed, which every write of the shop appends to, and what every terminal reads. */
const alteredLocks = ['feed', 'meta', 'migration', 'terminal'].map((name): TableLock => ({
  relation: { schema: 'payflow_sync', name },
  mode: 'ACCESS EXCLUSIVE',
}));

async function createShopSchema(db: Queryable, schema: string, resources: string): Promise<void> {
  const sql = await readFile(join(resources, 'payflow-schema.sql'), 'utf8');
  await db.query(`CREATE SCHEMA IF NOT EXISTS ${id(schema)}`);
  await db.query(`SET LOCAL search_path = ${id(schema)}`);
  await db.query(sql);
  await db.query('SET LOCAL search_path = pg_catalog');
}

async function wasNotifying(db: Queryable): Promise<boolean> {
  if (!(await isInstalled(db))) return true;
  const { rows } = await db.query('SELECT notify FROM payflow_sync.meta');
  return z.array(z.object({ notify: z.boolean() })).parse(rows)[0]?.notify ?? true;
}

function capturesOf(manifest: Manifest, catalogue: Catalogue, notify: boolean): Capture[] {
  const plan = completePlan(manifest, catalogue);
  const facts = new Map(catalogue.tables.map((table) => [table.name, table]));
  return plan.tables
    .filter(isCaptured)
    .map((table) => captureOf(plan, table, facts.get(table.name)?.partitions ?? [], notify));
}

function relationsOf(table: string, schema: string, catalogue: Catalogue): Relation[] {
  const facts = catalogue.tables.find(({ name }) => name === table);
  return [{ schema, name: table }, ...(facts?.partitions ?? [])];
}

interface StateBefore {
  readonly captured: readonly CapturedTable[];
  /** Tables whose functions or triggers are not as they were made. */
  readonly damaged: ReadonlySet<string>;
}

async function stateBefore(db: Queryable): Promise<StateBefore> {
  const { rows } = await db.query(
    `SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = 'payflow_sync' AND c.relname = 'captured'`,
  );
  if (rows.length === 0) return { captured: [], damaged: new Set() };
  const findings = await verifyCapture(db);
  return { captured: await readCaptured(db), damaged: new Set(findings.map(({ table }) => table)) };
}

/** Pure: what has to be made, made anew or dropped. */
function compare(wanted: readonly Capture[], { captured, damaged }: StateBefore) {
  const before = new Map(captured.map((table) => [table.table, table]));
  const isSame = (capture: Capture): boolean => {
    const old = before.get(capture.table);
    return (
      old !== undefined &&
      old.schema === capture.schema &&
      old.definition === capture.definition &&
      old.fingerprint === capture.fingerprint &&
      !damaged.has(capture.table)
    );
  };
  const names = (captures: readonly Capture[]): string[] => captures.map(({ table }) => table);
  const changed = wanted.filter((capture) => !isSame(capture));
  const kept = new Map(wanted.map(({ table, schema }) => [table, schema]));
  return {
    changed,
    created: names(changed.filter(({ table }) => !before.has(table))),
    updated: names(changed.filter(({ table }) => before.has(table))),
    unchanged: names(wanted.filter(isSame)),
    dropped: captured.filter(({ table, schema }) => kept.get(table) !== schema),
  };
}

async function createCapture(db: Queryable, capture: Capture): Promise<void> {
  for (const { sql } of capture.functions) await db.query(sql);
  for (const sql of capture.triggers) await db.query(sql);
  const bodies = Object.fromEntries(capture.functions.map(({ name, body }) => [name, md5(body)]));
  await db.query(
    `INSERT INTO payflow_sync.captured AS c (tbl, schema, fingerprint, definition, bodies) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (tbl) DO UPDATE SET schema = excluded.schema, fingerprint = excluded.fingerprint,
       definition = excluded.definition, bodies = excluded.bodies, installed_at = excluded.installed_at`,
    [
      capture.table,
      capture.schema,
      capture.fingerprint,
      capture.definition,
      JSON.stringify(bodies),
    ],
  );
}

async function storeManifest(db: Queryable, manifest: Manifest): Promise<void> {
  await db.query(
    `INSERT INTO payflow_sync.manifest AS m (body) VALUES ($1)
     ON CONFLICT (one) DO UPDATE SET body = excluded.body, installed_at = excluded.installed_at
     WHERE m.body <> excluded.body`,
    [canonicalJson(manifest)],
  );
}

async function requestReload(db: Queryable, tables: readonly string[]): Promise<void> {
  if (tables.length === 0) return;
  await db.query(
    `INSERT INTO payflow_sync.feed (xid, tbl, key, op, scope, was, origin, edited_at, logged_at)
     SELECT pg_current_xact_id(), t, NULL, 'T', '*', NULL, session_user, clock_timestamp(), clock_timestamp()
       FROM unnest($1::text[]) t`,
    [tables],
  );
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { PayflowError } from '../../shared/errors.ts';
import type { Queryable } from './queryable.ts';

/**
 * What a file says of itself in a line `-- payflow: WORD WORD`.
 * concurrent: work on an index, in statements that no transaction may hold and no program of the shop waits for.
 * optional: no terminal needs it; else a terminal that has this file works with no HQ that lacks it.
 * closing: terminals that have not got this file must not work with an HQ that has it; else they go on.
 */
const FLAGS = ['concurrent', 'optional', 'closing'] as const;
type Flag = (typeof FLAGS)[number];

/** One numbered file of resources/hq. */
export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
  readonly flags: ReadonlySet<Flag>;
}

const isFlag = (word: string): word is Flag => FLAGS.some((flag) => flag === word);

/** Throws where a file says what nobody understands: the number it would get is for ever. */
export function flagsOf(name: string, sql: string): ReadonlySet<Flag> {
  const words = /^-- payflow: *(.*?) *$/m.exec(sql)?.[1]?.split(/ +/) ?? [];
  const flags = new Set(words.filter(isFlag));
  if (flags.size < words.length) throw new Error(`${name}: unknown word in "${words.join(' ')}"`);
  // Others are applied before it is finished: a terminal that asks for the newest number must not mean it.
  if (flags.has('concurrent') && !flags.has('optional'))
    throw new Error(`${name}: what is concurrent has to be optional`);
  return flags;
}

/** The migrations in a folder, in order. */
export function readMigrations(folder: string): Migration[] {
  const files = readdirSync(folder)
    .filter((file) => /^\d{3}_[\w-]+\.sql$/.test(file))
    .toSorted();
  return files.map((name) => {
    const sql = readFileSync(join(folder, name), 'utf8');
    return { number: Number(name.slice(0, 3)), name, sql, flags: flagsOf(name, sql) };
  });
}

/** What a PayFlow has to say to an HQ, by numbers of migrations. */
export interface KnownMigrations {
  readonly newest: number;
  /** The newest that it does not work without. */
  readonly needed: number;
}

export function knownMigrations(folder: string): KnownMigrations {
  const migrations = readMigrations(folder);
  const needed = migrations.filter(({ flags }) => !flags.has('optional'));
  return { newest: migrations.at(-1)?.number ?? 0, needed: needed.at(-1)?.number ?? 0 };
}

const numbers = z.array(z.object({ number: z.number() }));
const presence = z.tuple([z.object({ present: z.boolean() })]);

/** Is the bookkeeping of an earlier install there? */
export async function isInstalled(db: Queryable): Promise<boolean> {
  const { rows } = await db.query(
    `SELECT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = 'payflow_sync' AND c.relname = 'migration') AS present`,
  );
  return presence.parse(rows)[0].present;
}

/** The migrations that this HQ has not had, and when they go. */
export interface Pending {
  /** Inside the install's transaction. */
  readonly inside: readonly Migration[];
  /** After it: the feed has been written to for years. */
  readonly afterwards: readonly Migration[];
}

/** An HQ that a newer PayFlow has migrated is left alone. A new one has everything in one transaction: nothing is large yet. */
export async function pendingMigrations(
  db: Queryable,
  all: readonly Migration[],
): Promise<Pending> {
  if (!(await isInstalled(db))) return { inside: all, afterwards: [] };
  const { rows } = await db.query('SELECT number FROM payflow_sync.migration');
  const applied = new Set(numbers.parse(rows).map(({ number }) => number));
  const newest = all.at(-1)?.number ?? 0;
  const newer = [...applied].find((number) => number > newest);
  if (newer !== undefined)
    throw new PayflowError('HQ_INSTALL_NEWER', { installed: newer, known: newest });
  const pending = all.filter(({ number }) => !applied.has(number));
  return {
    inside: pending.filter(({ flags }) => !flags.has('concurrent')),
    afterwards: pending.filter(({ flags }) => flags.has('concurrent')),
  };
}

/** Throws `HQ_INSTALL_OLDER` where the newest migration of this HQ comes before `needed`. */
export async function refuseOlderHq(db: Queryable, needed: number): Promise<void> {
  const { rows } = await db.query('SELECT number FROM payflow_sync.migration');
  const installed = Math.max(0, ...numbers.parse(rows).map(({ number }) => number));
  if (installed < needed) throw new PayflowError('HQ_INSTALL_OLDER', { installed, known: needed });
}

/** Inside the caller's transaction. */
export async function applyMigrations(
  db: Queryable,
  migrations: readonly Migration[],
): Promise<void> {
  for (const { sql } of migrations) await db.query(sql.replaceAll(' CONCURRENTLY', ''));
  for (const migration of migrations) await note(db, migration);
}

/**
 * Outside of any transaction, statement by statement: an index of a large feed takes its minutes, and nobody's write waits
 * for it. What an install that was cut off has left is no index: it goes first.
 */
export async function applyConcurrently(
  db: Queryable,
  migrations: readonly Migration[],
): Promise<void> {
  for (const migration of migrations) {
    await dropUnfinished(db);
    for (const statement of statementsOf(migration.sql)) await db.query(statement);
    await note(db, migration);
  }
}

/** A statement ends with its line. */
export function statementsOf(sql: string): string[] {
  return sql
    .replaceAll(/^--.*$/gm, '')
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}

async function dropUnfinished(db: Queryable): Promise<void> {
  const { rows } = await db.query(
    `SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_catalog.pg_index i
       JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = 'payflow_sync' AND NOT i.indisvalid`,
  );
  for (const { name } of z.array(z.object({ name: z.string() })).parse(rows))
    await db.query(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`);
}

async function note(db: Queryable, { number, name, flags }: Migration): Promise<void> {
  await db.query('INSERT INTO payflow_sync.migration (number, name) VALUES ($1, $2)', [
    number,
    name,
  ]);
  if (flags.has('closing'))
    await db.query('UPDATE payflow_sync.migration SET closing = true WHERE number = $1', [number]);
}

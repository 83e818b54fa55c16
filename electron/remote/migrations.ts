import { readdirSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { PayflowError } from '../../shared/errors.ts';
import type { Queryable } from './queryable.ts';

/** One numbered file of resources/hq. */
export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
}

/** Number of the newest migration in a folder. */
export function newestMigration(folder: string): number {
  const numbers = readdirSync(folder).map((name) => Number(/^(\d{3})_/.exec(name)?.[1] ?? 0));
  return Math.max(0, ...numbers);
}

/** The migrations in a folder, in order. */
export async function readMigrations(folder: string): Promise<Migration[]> {
  const files = (await readdir(folder))
    .filter((file) => /^\d{3}_[\w-]+\.sql$/.test(file))
    .toSorted();
  return Promise.all(
    files.map(async (name) => ({
      number: Number(name.slice(0, 3)),
      name,
      sql: await readFile(join(folder, name), 'utf8'),
    })),
  );
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

/** The migrations that this HQ has not had. An HQ that a newer PayFlow has migrated is left alone. */
export async function pendingMigrations(
  db: Queryable,
  all: readonly Migration[],
): Promise<Migration[]> {
  if (!(await isInstalled(db))) return [...all];
  const { rows } = await db.query('SELECT number FROM payflow_sync.migration');
  const applied = new Set(numbers.parse(rows).map(({ number }) => number));
  const newest = all.at(-1)?.number ?? 0;
  const newer = [...applied].find((number) => number > newest);
  if (newer !== undefined)
    throw new PayflowError('HQ_INSTALL_NEWER', { installed: newer, known: newest });
  return all.filter(({ number }) => !applied.has(number));
}

/** Throws `HQ_INSTALL_OLDER` where the newest migration of this HQ comes before `known`. */
export async function refuseOlderHq(db: Queryable, known: number): Promise<void> {
  const { rows } = await db.query('SELECT number FROM payflow_sync.migration');
  const installed = Math.max(0, ...numbers.parse(rows).map(({ number }) => number));
  if (installed < known) throw new PayflowError('HQ_INSTALL_OLDER', { installed, known });
}

/** Inside the caller's transaction. */
export async function applyMigrations(db: Queryable, pending: readonly Migration[]): Promise<void> {
  for (const { number, name, sql } of pending) {
    await db.query(sql);
    await db.query('INSERT INTO payflow_sync.migration (number, name) VALUES ($1, $2)', [
      number,
      name,
    ]);
  }
}

/** Who the terminal is at HQ, and which HQ this is (DESIGN 8.1): what `hello`, `claim` and `heartbeat` say in SQL. */
import type pg from 'pg';
import { PayflowError } from '../../shared/errors.ts';
import type { Binding, Claim, Heartbeat, Hello } from '../sync/ports.ts';
import { textArray } from './array-param.ts';
import type { KnownMigrations } from './migrations.ts';
import { ISO } from './read-back.ts';

/** What HQ says of its PayFlow, by numbers of migrations. */
export interface InstalledHq {
  readonly standby: boolean;
  /** The newest it has. */
  readonly installed: number;
  /** The newest that a terminal has to know; null: none. */
  readonly closing: number | null;
}

/** Fields of `InstalledHq` as expressions. An HQ that knew nothing of `closing` has no such column, and is asked all the same. */
export const INSTALLED_HQ = `pg_is_in_recovery() AS standby,
  (SELECT max(number) FROM payflow_sync.migration) AS installed,
  (SELECT max(m.number) FROM payflow_sync.migration m WHERE (to_jsonb(m) ->> 'closing')::boolean) AS closing`;

/** A standby, or an HQ that this PayFlow cannot work with: said in plain words before a statement fails on it. */
export function refuseOtherHq(
  { standby, installed, closing }: InstalledHq,
  { newest, needed }: KnownMigrations,
): void {
  if (standby) throw new PayflowError('HQ_STANDBY');
  if (installed < needed) throw new PayflowError('HQ_INSTALL_OLDER', { installed, known: needed });
  if (closing !== null && newest < closing)
    throw new PayflowError('HQ_INSTALL_NEWER', { installed, known: newest });
}

interface HelloRow {
  key: string;
  store: string;
  cluster: string;
  was: string;
  timeline: string;
  feed_id: string;
  bound: string;
  floor: string;
  epoch: number | null;
  instance: string | null;
  holder: string | null;
  held_since: string | null;
  last_seen: string;
  leased: boolean;
  counter: string;
  random: string | null;
  last_batch: string;
}

/** The terminal of a code, HQ, and what HQ has of the terminal: one statement, and two more where HQ was moved. */
export async function helloOf(
  client: pg.PoolClient,
  key: string,
  store: string,
  terminals: string,
  code: string,
): Promise<Omit<Hello, 'serverTime' | 'schemaStamp' | 'readOnly'>> {
  const read = async (): Promise<HelloRow> => {
    const { rows } = await client.query<HelloRow>(
      `SELECT who.key, who.store, payflow_sync.cluster() AS cluster, m.cluster AS was, payflow_sync.timeline() AS timeline,
              m.feed_id::text, pg_snapshot_xmin(pg_current_snapshot())::text AS bound, m.floor_xid::text AS floor,
              b.epoch, b.instance, b.holder, ${ISO('b.held_since')} AS held_since, ${ISO('b.last_seen_at')} AS last_seen,
              coalesce(b.lease_until > clock_timestamp(), false) AS leased, b.token_counter::text AS counter,
              b.token_random AS random, coalesce(u.last_batch, 0)::text AS last_batch
         FROM (SELECT ${key} AS key, ${store} AS store FROM ${terminals}) who CROSS JOIN payflow_sync.meta m
         LEFT JOIN payflow_sync.terminal b ON b.terminal = who.key
         LEFT JOIN payflow_sync.upload u ON u.terminal = b.terminal AND u.epoch = b.epoch`,
      [code],
    );
    const row = rows[0];
    if (row === undefined) throw new PayflowError('TERMINAL_UNKNOWN', { code });
    return row;
  };
  let row = await read();
  if (row.was !== row.cluster) {
    await client.query('SELECT payflow_sync.renew()');
    row = await read();
  }
  return {
    hq: { cluster: row.cluster, timeline: row.timeline, feedId: row.feed_id },
    bound: row.bound,
    floor: row.floor,
    binding: bindingOf(row),
    terminal: { key: row.key, store: row.store },
  };
}

function bindingOf(row: HelloRow): Binding | null {
  if (row.epoch === null) return null;
  return {
    epoch: row.epoch,
    instance: row.instance,
    holder: row.holder,
    heldSince: row.held_since,
    lastSeenAt: row.last_seen,
    leased: row.leased,
    token: { counter: Number(row.counter), random: row.random ?? '' },
    lastBatch: Number(row.last_batch),
  };
}

export async function claimTerminal(client: pg.PoolClient, claim: Claim): Promise<number> {
  const { rows } = await client.query<{ last: string }>(
    'SELECT payflow_sync.claim($1, $2, $3, $4, $5, $6, $7, $8, $9)::text AS last',
    [
      claim.terminal,
      claim.code,
      claim.epoch,
      claim.lastBatch,
      claim.instance.digest,
      claim.instance.holder,
      claim.token.counter,
      claim.token.random,
      [claim.seen.epoch, claim.seen.counter],
    ],
  );
  return Number(rows[0]?.last ?? '0');
}

export async function appliedEntries(
  client: pg.PoolClient,
  terminal: string,
  ids: readonly string[],
): Promise<Map<string, string | null>> {
  const { rows } = await client.query<{ id: string; drawn: string | null }>(
    'SELECT id, drawn FROM payflow_sync.applied_entries($1, $2::text[])',
    [terminal, textArray(ids)],
  );
  return new Map(rows.map(({ id, drawn }) => [id, drawn]));
}

/** When a purge is due is read along: no way to HQ of its own. */
export async function heartbeat(
  client: pg.PoolClient,
  { terminal, cursorXid, waiting, epoch, instance, was, token }: Heartbeat,
  appVersion: string,
): Promise<{ readonly purgeDue: boolean }> {
  const { rows } = await client.query<{ due: boolean }>(
    `SELECT payflow_sync.heartbeat($1, $2::xid8, $3, $4, $5, $6, $7, $8, $9), m.purge_at <= clock_timestamp() AS due
       FROM payflow_sync.meta m`,
    [
      terminal,
      cursorXid,
      waiting,
      appVersion,
      epoch,
      instance.digest,
      token.counter,
      was.random,
      token.random,
    ],
  );
  return { purgeDue: rows[0]?.due ?? false };
}

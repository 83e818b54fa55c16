import { z } from 'zod';
import { schemaFingerprints } from './catalogue.ts';
import { onInstalledHq } from './hq-errors.ts';
import { refuseOlderHq } from './migrations.ts';
import type { Queryable } from './queryable.ts';
import { readCaptured, verifyCapture, type CaptureFinding } from './verify-capture.ts';

/** A terminal as HQ knows it. Times as HQ prints them, ISO with time zone. */
const terminalRow = z.object({
  terminal: z.string(),
  code: z.string(),
  epoch: z.number(),
  lastSeenAt: z.date(),
  /** The machine that is this terminal, since when, and until when HQ takes it to be at work (DESIGN 8.1); null: none yet. */
  holder: z.string().nullable(),
  heldSince: z.date().nullable(),
  leaseUntil: z.date().nullable(),
  /**
   * Entries of the feed, of whatever scope, that its lowest cursor has not passed, and the age of the oldest. `behindMore`:
   * there are more; nobody counts the millions that a terminal has missed which is gone for good.
   */
  behind: z.number(),
  behindMore: z.boolean(),
  oldestBehindAt: z.date().nullable(),
  /** Its own rows that wait for upload, as it last said. */
  waiting: z.number(),
  appVersion: z.string().nullable(),
});

/** Who delays the feed (DESIGN 3.7). */
const holderRow = z.object({
  kind: z.string(),
  pid: z.number().nullable(),
  database: z.string().nullable(),
  who: z.string().nullable(),
  application: z.string().nullable(),
  since: z.date().nullable(),
  xid: z.string().nullable(),
  query: z.string().nullable(),
});

const feedRow = z.object({
  feedId: z.string(),
  floor: z.string(),
  /** `estimated`: too many to be counted. */
  entries: z.number(),
  estimated: z.boolean(),
  keepDays: z.number(),
  bytes: z.coerce.number(),
  oldestAt: z.date().nullable(),
  notify: z.boolean(),
  maxPreparedTransactions: z.number(),
});

export interface HqStatus {
  readonly terminals: readonly z.infer<typeof terminalRow>[];
  readonly feed: z.infer<typeof feedRow>;
  /** Changes are announced only when the install said so and no transaction here can ever be prepared. */
  readonly notifies: boolean;
  readonly holders: readonly z.infer<typeof holderRow>[];
  readonly captured: readonly string[];
  readonly findings: readonly CaptureFinding[];
}

const COUNTED_BEHIND = 1_000;
const COUNTED_ENTRIES = 100_000;

/** For each terminal and table of the feed one look into the index at its cursor, and on from there as far as is counted. */
const terminalsSql = `SELECT t.terminal, t.code, t.epoch, t.last_seen_at AS "lastSeenAt", t.holder,
       t.held_since AS "heldSince", t.lease_until AS "leaseUntil", least(n.n, ${String(COUNTED_BEHIND)})::int AS behind,
       n.n > ${String(COUNTED_BEHIND)} AS "behindMore", o.oldest AS "oldestBehindAt", t.waiting, t.app_version AS "appVersion"
  FROM (SELECT array_agg(f.tbl) AS tables FROM payflow_sync.feed_tables() f(tbl)) feed
 CROSS JOIN payflow_sync.terminal t
 CROSS JOIN LATERAL (
   SELECT count(*) AS n FROM (
     SELECT FROM unnest(feed.tables) k(tbl)
      CROSS JOIN LATERAL (
        SELECT FROM payflow_sync.feed f WHERE f.tbl = k.tbl AND f.xid >= t.cursor_xid
         ORDER BY f.xid, f.seq LIMIT ${String(COUNTED_BEHIND + 1)}) e
      LIMIT ${String(COUNTED_BEHIND + 1)}) b) n
 CROSS JOIN LATERAL (
   SELECT min(e.logged_at) AS oldest FROM unnest(feed.tables) k(tbl)
    CROSS JOIN LATERAL (
      SELECT f.logged_at FROM payflow_sync.feed f WHERE f.tbl = k.tbl AND f.xid >= t.cursor_xid
       ORDER BY f.xid, f.seq LIMIT 1) e) o
 ORDER BY t.code COLLATE "C"`;

/** A long feed is not counted: what PostgreSQL last estimated, and its oldest entries by table. */
const feedSql = `SELECT m.feed_id AS "feedId", m.floor_xid::text AS floor, m.notify, m.keep_days AS "keepDays",
       CASE WHEN n.n > ${String(COUNTED_ENTRIES)} THEN greatest(n.n, c.reltuples) ELSE n.n END::float8 AS entries,
       n.n > ${String(COUNTED_ENTRIES)} AS estimated,
       pg_total_relation_size(c.oid) AS bytes, o.oldest AS "oldestAt",
       current_setting('max_prepared_transactions')::int AS "maxPreparedTransactions"
  FROM payflow_sync.meta m
 CROSS JOIN (SELECT oid, reltuples FROM pg_class WHERE oid = 'payflow_sync.feed'::regclass) c
 CROSS JOIN (SELECT count(*) AS n FROM (SELECT FROM payflow_sync.feed LIMIT ${String(COUNTED_ENTRIES + 1)}) f) n
 CROSS JOIN (
   SELECT min(e.logged_at) AS oldest FROM payflow_sync.feed_tables() k(tbl)
    CROSS JOIN LATERAL (
      SELECT f.logged_at FROM payflow_sync.feed f WHERE f.tbl = k.tbl ORDER BY f.xid, f.seq LIMIT 1) e) o`;

const holdersSql = `SELECT kind, pid, database, who, application, since, xid, query FROM payflow_sync.holders()`;

/**
 * What `hq status` shows. `needed`: the newest migration that this PayFlow does not work without. Throws
 * `HQ_NOT_INSTALLED`, and `HQ_INSTALL_OLDER` where columns that it reads are still to come.
 */
export async function statusOfHq(db: Queryable, needed: number): Promise<HqStatus> {
  return onInstalledHq(async () => {
    await refuseOlderHq(db, needed);
    const terminals = z.array(terminalRow).parse((await db.query(terminalsSql)).rows);
    const [feed] = z.tuple([feedRow]).parse((await db.query(feedSql)).rows);
    const holders = z.array(holderRow).parse((await db.query(holdersSql)).rows);
    const findings = [...(await verifyCapture(db)), ...(await changedSchemas(db))];
    return {
      terminals,
      feed,
      notifies: feed.notify && feed.maxPreparedTransactions === 0,
      holders,
      captured: (await readCaptured(db)).map(({ table }) => table),
      findings,
    };
  });
}

/** Tables whose columns are no longer those the triggers were made for: `hq install` has to run again. */
async function changedSchemas(db: Queryable): Promise<CaptureFinding[]> {
  const captured = await readCaptured(db);
  const now = await schemaFingerprints(db, captured);
  return captured
    .filter(({ table, fingerprint }) => (now.get(table) ?? fingerprint) !== fingerprint)
    .map(({ table }) => ({ table, relation: table, object: null, problem: 'schema-changed' }));
}

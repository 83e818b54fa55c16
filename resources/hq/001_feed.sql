-- PayFlow at HQ, migration 1: the feed, the registry of terminals, exactly-once uploads.
-- Every statement may run twice. Nothing here touches a table of the shop; capture triggers are generated
-- from the manifest by `hq install` (electron/remote/capture-sql.ts).

CREATE SCHEMA IF NOT EXISTS payflow_sync;
REVOKE ALL ON SCHEMA payflow_sync FROM PUBLIC;

-- One row. feed_id changes when the feed is made anew, so that a saved cursor is never read against another feed.
CREATE TABLE IF NOT EXISTS payflow_sync.meta (
  one        boolean PRIMARY KEY DEFAULT true CHECK (one),
  feed_id    uuid    NOT NULL DEFAULT gen_random_uuid(),
  notify     boolean NOT NULL DEFAULT true,
  -- Everything below this transaction id has been purged: a cursor below it means re-baseline (DESIGN 3.5).
  floor_xid  xid8    NOT NULL DEFAULT '0',
  floor_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  installed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
INSERT INTO payflow_sync.meta (one) VALUES (true) ON CONFLICT DO NOTHING;

CREATE TABLE IF NOT EXISTS payflow_sync.migration (
  number     integer PRIMARY KEY,
  name       text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- The feed (DESIGN 3.1): keys, never content. No constraint and no default that could make a writer fail.
-- op: I insert, U update (also: entered this scope), D delete, R left this scope, T reload the table (key null).
CREATE TABLE IF NOT EXISTS payflow_sync.feed (
  seq        bigint GENERATED ALWAYS AS IDENTITY,
  xid        xid8,
  tbl        text,
  key        text,
  op         "char",
  scope      text,       -- '*' everyone, 's:<store>', 't:<terminal>', '-' nobody
  was        text,       -- the key before, where the key changed
  origin     text,       -- who wrote, for display
  edited_at  timestamptz, -- HQ's side of `newest` (DESIGN 7.4)
  logged_at  timestamptz
);
CREATE INDEX IF NOT EXISTS feed_cursor ON payflow_sync.feed (tbl, xid, seq);
CREATE INDEX IF NOT EXISTS feed_key ON payflow_sync.feed (tbl, key);

-- One row per terminal and epoch that ever registered. last_seen_at is written at most once a minute.
CREATE TABLE IF NOT EXISTS payflow_sync.terminal (
  terminal      text PRIMARY KEY,
  code          text NOT NULL,
  epoch         integer NOT NULL DEFAULT 1,
  -- The lowest cursor of the terminal's tables: the feed is not purged beyond it (30 days at most).
  cursor_xid    xid8 NOT NULL,
  registered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  last_seen_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  waiting       integer NOT NULL DEFAULT 0,
  app_version   text
);

-- Exactly once (DESIGN 6.2): the gate moves last_batch from n - 1 to n and raises when it matched no row.
CREATE TABLE IF NOT EXISTS payflow_sync.upload (
  terminal   text NOT NULL,
  epoch      integer NOT NULL,
  last_batch bigint NOT NULL DEFAULT 0,
  applied_at timestamptz,
  PRIMARY KEY (terminal, epoch)
);

-- The outcome of the last batch per row: only what is not plainly accepted as sent is listed.
CREATE TABLE IF NOT EXISTS payflow_sync.upload_outcome (
  terminal text   NOT NULL,
  epoch    integer NOT NULL,
  batch    bigint NOT NULL,
  outcome  jsonb  NOT NULL,
  PRIMARY KEY (terminal, epoch)
);

-- Ids of all applied outbox entries, 90 days (DESIGN 6.2, 8.2); one row per batch, because a row per entry would
-- cost as much as the sale itself and is only ever asked for when a terminal was restored.
CREATE TABLE IF NOT EXISTS payflow_sync.upload_entry (
  terminal   text NOT NULL,
  epoch      integer NOT NULL,
  batch      bigint NOT NULL,
  entry_ids  text[] NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (terminal, epoch, batch)
);
CREATE INDEX IF NOT EXISTS upload_entry_age ON payflow_sync.upload_entry (applied_at);

-- Gate of a batch. Errors: PF001 already applied, PF002 HQ is behind (restored), PF003 clone or revoked.
-- An UPDATE waits for a first try that is still alive; no answer is ever taken from a plain SELECT.
CREATE OR REPLACE FUNCTION payflow_sync.gate(p_terminal text, p_epoch integer, p_batch bigint)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_last bigint;
BEGIN
  UPDATE payflow_sync.upload u SET last_batch = p_batch, applied_at = clock_timestamp()
   WHERE u.terminal = p_terminal AND u.epoch = p_epoch AND u.last_batch = p_batch - 1;
  IF FOUND THEN RETURN; END IF;
  SELECT u.last_batch INTO v_last FROM payflow_sync.upload u
   WHERE u.terminal = p_terminal AND u.epoch = p_epoch FOR UPDATE;
  IF v_last = p_batch THEN
    RAISE EXCEPTION 'batch % of % is already applied', p_batch, p_terminal
      USING ERRCODE = 'PF001', DETAIL = v_last::text;
  ELSIF v_last < p_batch THEN
    RAISE EXCEPTION 'HQ knows batch % of %, not %', v_last, p_terminal, p_batch - 1
      USING ERRCODE = 'PF002', DETAIL = v_last::text;
  END IF;
  RAISE EXCEPTION 'terminal % epoch % has no batch % to follow', p_terminal, p_epoch, p_batch - 1
    USING ERRCODE = 'PF003', DETAIL = coalesce(v_last::text, '');
END $$;

-- Registers a terminal's starting bound, committed before its first snapshot (DESIGN 3.5). Returns the bound.
CREATE OR REPLACE FUNCTION payflow_sync.register(p_terminal text, p_code text, p_epoch integer)
RETURNS xid8 LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_bound xid8 := pg_snapshot_xmin(pg_current_snapshot());
BEGIN
  INSERT INTO payflow_sync.terminal AS t (terminal, code, epoch, cursor_xid)
  VALUES (p_terminal, p_code, p_epoch, v_bound)
  ON CONFLICT (terminal) DO UPDATE SET code = excluded.code, epoch = excluded.epoch,
    last_seen_at = clock_timestamp(), cursor_xid = least(t.cursor_xid, v_bound);
  INSERT INTO payflow_sync.upload (terminal, epoch) VALUES (p_terminal, p_epoch) ON CONFLICT DO NOTHING;
  RETURN v_bound;
END $$;

-- Heartbeat: lowest cursor, rows waiting. At most once a minute by the caller.
CREATE OR REPLACE FUNCTION payflow_sync.heartbeat(p_terminal text, p_cursor xid8, p_waiting integer, p_version text)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  UPDATE payflow_sync.terminal SET last_seen_at = clock_timestamp(), cursor_xid = p_cursor,
         waiting = p_waiting, app_version = p_version
   WHERE terminal = p_terminal
$$;

-- Purges the feed as a prefix (DESIGN 3.5): up to the lowest registered cursor, and whatever is older than
-- `days`, however far behind a terminal is. The floor is written in the same transaction and is exact: one above
-- the last entry removed, so that a terminal that missed nothing never re-baselines. Its time is the latest edit
-- removed: a row without an entry was last edited then or before (DESIGN 7.4). xid8 has min() only from 15 on.
CREATE OR REPLACE FUNCTION payflow_sync.purge(p_days integer DEFAULT 30)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_bound xid8 := pg_snapshot_xmin(pg_current_snapshot());
  v_lowest xid8;
  v_young xid8;
  v_floor xid8;
  v_floor_at timestamptz;
  v_count bigint;
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtextextended('payflow_sync.purge', 0)) THEN RETURN 0; END IF;
  SELECT t.cursor_xid INTO v_lowest FROM payflow_sync.terminal t ORDER BY t.cursor_xid LIMIT 1;
  SELECT f.xid INTO v_young FROM payflow_sync.feed f
   WHERE f.logged_at >= clock_timestamp() - make_interval(days => p_days) ORDER BY f.xid LIMIT 1;
  WITH gone AS (
    DELETE FROM payflow_sync.feed f
     WHERE f.xid < least(v_bound, greatest(coalesce(v_lowest, v_bound), coalesce(v_young, v_bound)))
    RETURNING f.xid, f.edited_at
  )
  SELECT count(*), (max(g.xid::text::numeric) + 1)::text::xid8, max(g.edited_at)
    INTO v_count, v_floor, v_floor_at FROM gone g;
  IF v_count > 0 THEN
    UPDATE payflow_sync.meta m
       SET floor_xid = greatest(m.floor_xid, v_floor), floor_at = greatest(m.floor_at, v_floor_at);
  END IF;
  DELETE FROM payflow_sync.upload_entry WHERE applied_at < clock_timestamp() - interval '90 days';
  RETURN v_count;
END $$;

-- Who delays the feed's bound (DESIGN 3.7): sessions with a transaction id or an old snapshot that writes, in
-- any database of the cluster, and prepared transactions. SECURITY DEFINER: pg_stat_activity hides others' rows.
CREATE OR REPLACE FUNCTION payflow_sync.holders()
RETURNS TABLE (kind text, pid integer, database text, who text, application text, since timestamptz, xid text, query text)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT 'transaction', a.pid, a.datname::text, a.usename::text, a.application_name, a.xact_start, a.backend_xid::text, left(a.query, 200)
    FROM pg_stat_activity a WHERE a.backend_xid IS NOT NULL AND a.pid <> pg_backend_pid()
  UNION ALL
  SELECT 'prepared', NULL, p.database::text, p.owner::text, p.gid, p.prepared, p.transaction::text, NULL
    FROM pg_prepared_xacts p
  ORDER BY 6
$$;

-- PayFlow at HQ, migration 3: who a terminal is, and which HQ this is (DESIGN 8.1, 8.2). Every statement may run twice.

-- The cluster and database that the feed's transaction ids belong to. A dump that was restored elsewhere brings the ids of
-- another cluster along: `renew` finds it by this.
ALTER TABLE payflow_sync.meta ADD COLUMN IF NOT EXISTS cluster text;

-- The terminal's binding: `instance` is the digest of a key that lies outside its payflow.db, `holder` the machine's name,
-- for people. The token is what the terminal left at the end of its last cycle that moved data or beat.
ALTER TABLE payflow_sync.terminal
  ADD COLUMN IF NOT EXISTS instance      text,
  ADD COLUMN IF NOT EXISTS holder        text,
  ADD COLUMN IF NOT EXISTS held_since    timestamptz,
  ADD COLUMN IF NOT EXISTS lease_until   timestamptz,
  ADD COLUMN IF NOT EXISTS token_counter bigint NOT NULL DEFAULT 0,
  ADD COLUMN IF NOT EXISTS token_random  text;

-- An epoch that another has followed takes no more batches.
ALTER TABLE payflow_sync.upload ADD COLUMN IF NOT EXISTS closed boolean NOT NULL DEFAULT false;
-- Keys that were drawn from HQ's sequences for new rows, by the id of the row's first entry; null where there are none.
ALTER TABLE payflow_sync.upload_entry ADD COLUMN IF NOT EXISTS drawn jsonb;

-- SECURITY DEFINER: a managed server may keep pg_control_system() from ordinary roles.
CREATE OR REPLACE FUNCTION payflow_sync.cluster()
RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT concat(c.system_identifier, '/', d.oid) FROM pg_control_system() c, pg_database d WHERE d.datname = current_database()
$$;
UPDATE payflow_sync.meta SET cluster = payflow_sync.cluster() WHERE cluster IS NULL;

-- The timeline that is written now; null on a standby, which writes none.
CREATE OR REPLACE FUNCTION payflow_sync.timeline()
RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF pg_is_in_recovery() THEN RETURN NULL; END IF;
  RETURN left(pg_walfile_name(pg_current_wal_lsn()), 8);
END $$;

-- A feed that woke up in another cluster or database: what it says of transactions this cluster has not had yet can be
-- neither waited for nor skipped, so it goes, and every cursor is below the floor: all terminals compare afresh.
CREATE OR REPLACE FUNCTION payflow_sync.renew()
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_cluster text := payflow_sync.cluster();
  v_was text;
  v_at timestamptz;
BEGIN
  SELECT m.cluster INTO v_was FROM payflow_sync.meta m FOR UPDATE;
  IF v_was = v_cluster THEN RETURN; END IF;
  -- One statement: whatever it sees from its own snapshot's end on is the other cluster's.
  WITH gone AS (
    DELETE FROM payflow_sync.feed f WHERE f.xid >= pg_snapshot_xmax(pg_current_snapshot()) RETURNING f.edited_at)
  SELECT max(g.edited_at) INTO v_at FROM gone g;
  UPDATE payflow_sync.terminal SET cursor_xid = least(cursor_xid, pg_snapshot_xmin(pg_current_snapshot()));
  UPDATE payflow_sync.meta SET cluster = v_cluster, floor_xid = pg_snapshot_xmin(pg_current_snapshot()),
         floor_at = greatest(floor_at, v_at);
END $$;

-- Gate of a batch (DESIGN 6.2), as in migration 1, for epochs that are still open. `p_after`: the batch before it, which
-- is not p_batch - 1 where a restored terminal or HQ has left a gap in the numbers.
DROP FUNCTION IF EXISTS payflow_sync.gate(text, integer, bigint);
CREATE OR REPLACE FUNCTION payflow_sync.gate(p_terminal text, p_epoch integer, p_batch bigint, p_after bigint)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_last bigint;
  v_closed boolean;
BEGIN
  UPDATE payflow_sync.upload u SET last_batch = p_batch, applied_at = clock_timestamp()
   WHERE u.terminal = p_terminal AND u.epoch = p_epoch AND u.last_batch = p_after AND p_after < p_batch AND NOT u.closed;
  IF FOUND THEN RETURN; END IF;
  SELECT u.last_batch, u.closed INTO v_last, v_closed FROM payflow_sync.upload u
   WHERE u.terminal = p_terminal AND u.epoch = p_epoch FOR UPDATE;
  IF NOT v_closed AND v_last = p_batch THEN
    RAISE EXCEPTION 'batch % of % is already applied', p_batch, p_terminal
      USING ERRCODE = 'PF001', DETAIL = v_last::text;
  ELSIF NOT v_closed AND v_last < p_batch THEN
    RAISE EXCEPTION 'HQ knows batch % of %, not %', v_last, p_terminal, p_after
      USING ERRCODE = 'PF002', DETAIL = v_last::text;
  END IF;
  RAISE EXCEPTION 'terminal % epoch % has no batch % to follow', p_terminal, p_epoch, p_after
    USING ERRCODE = 'PF003', DETAIL = coalesce(v_last::text, '');
END $$;

-- Registers a terminal's starting bound, committed before its first snapshot (DESIGN 3.5). Returns the bound. Who the
-- terminal is stands in `claim`.
CREATE OR REPLACE FUNCTION payflow_sync.register(p_terminal text, p_code text, p_epoch integer)
RETURNS xid8 LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_bound xid8 := pg_snapshot_xmin(pg_current_snapshot());
BEGIN
  INSERT INTO payflow_sync.terminal AS t (terminal, code, epoch, cursor_xid)
  VALUES (p_terminal, p_code, p_epoch, v_bound)
  ON CONFLICT (terminal) DO UPDATE SET code = excluded.code,
    last_seen_at = clock_timestamp(), cursor_xid = least(t.cursor_xid, v_bound);
  RETURN v_bound;
END $$;

-- Binds a terminal to an instance and an epoch. `p_seen` is the epoch and the token's counter the terminal was shown, as
-- {epoch, counter}; where they have moved on since, somebody else was quicker (PF004). Older epochs are closed: their rows
-- are locked by a batch that is still under way, so that after this call it has either happened or never will. Returns
-- the last batch of the epoch: a new one goes on from `p_last` or from the highest number HQ has had, so that none comes twice.
CREATE OR REPLACE FUNCTION payflow_sync.claim(p_terminal text, p_code text, p_epoch integer, p_last bigint, p_instance text,
  p_holder text, p_counter bigint, p_random text, p_seen bigint[])
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_bound xid8 := pg_snapshot_xmin(pg_current_snapshot());
  v_last bigint;
BEGIN
  INSERT INTO payflow_sync.terminal (terminal, code, epoch, cursor_xid) VALUES (p_terminal, p_code, 0, v_bound)
  ON CONFLICT (terminal) DO NOTHING;
  PERFORM 1 FROM payflow_sync.terminal t WHERE t.terminal = p_terminal
      AND (t.instance IS NULL OR ARRAY[t.epoch, t.token_counter] = p_seen OR
           (t.epoch = p_epoch AND t.token_counter = p_counter AND t.token_random = p_random)) FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'terminal % was claimed meanwhile', p_terminal USING ERRCODE = 'PF004';
  END IF;
  UPDATE payflow_sync.terminal t
     SET code = p_code, epoch = p_epoch, instance = p_instance, holder = p_holder,
         held_since = CASE WHEN t.instance = p_instance THEN t.held_since ELSE clock_timestamp() END,
         lease_until = clock_timestamp() + interval '5 minutes', last_seen_at = clock_timestamp(),
         token_counter = p_counter, token_random = p_random, cursor_xid = least(t.cursor_xid, v_bound)
   WHERE t.terminal = p_terminal;
  UPDATE payflow_sync.upload u SET closed = true WHERE u.terminal = p_terminal AND u.epoch <> p_epoch;
  SELECT max(u.last_batch) INTO v_last FROM payflow_sync.upload u WHERE u.terminal = p_terminal;
  INSERT INTO payflow_sync.upload (terminal, epoch, last_batch)
  VALUES (p_terminal, p_epoch, greatest(p_last, v_last)) ON CONFLICT DO NOTHING;
  SELECT u.last_batch INTO v_last FROM payflow_sync.upload u WHERE u.terminal = p_terminal AND u.epoch = p_epoch;
  RETURN v_last;
END $$;

-- Heartbeat: lowest cursor, rows waiting, the next token in the place of the one before, the lease. PF004 where HQ has another
-- token: the next hello finds out whose.
DROP FUNCTION IF EXISTS payflow_sync.heartbeat(text, xid8, integer, text);
CREATE OR REPLACE FUNCTION payflow_sync.heartbeat(p_terminal text, p_cursor xid8, p_waiting integer, p_version text,
  p_epoch integer, p_instance text, p_counter bigint, p_was text, p_random text)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE payflow_sync.terminal t
     SET last_seen_at = clock_timestamp(), lease_until = clock_timestamp() + interval '5 minutes', cursor_xid = p_cursor,
         waiting = p_waiting, app_version = p_version, token_counter = p_counter, token_random = p_random
   WHERE t.terminal = p_terminal AND t.epoch = p_epoch AND t.instance = p_instance
     AND ((t.token_counter = p_counter - 1 AND t.token_random = p_was)
          OR (t.token_counter = p_counter AND t.token_random = p_random));
  IF NOT FOUND THEN
    RAISE EXCEPTION 'HQ has another token of terminal %', p_terminal USING ERRCODE = 'PF004';
  END IF;
END $$;

-- Which of these outbox entries HQ has applied (DESIGN 8.2), with the key it drew for their rows where it drew one.
CREATE OR REPLACE FUNCTION payflow_sync.applied_entries(p_terminal text, p_ids text[])
RETURNS TABLE (id text, drawn text) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT DISTINCT e.id, u.drawn ->> e.id
    FROM payflow_sync.upload_entry u CROSS JOIN LATERAL unnest(u.entry_ids) e(id)
   WHERE u.terminal = p_terminal AND e.id = ANY (p_ids)
$$;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA payflow_sync FROM PUBLIC;

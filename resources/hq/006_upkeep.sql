-- Migration 6: what a company needs over the years: versions that meet, and a feed that is purged. Every statement may run
-- twice.

-- A migration that terminals which do not know it must not work with (`-- payflow: closing` in its file). All others leave
-- older terminals at work: hundreds of them cannot be updated at one moment.
ALTER TABLE payflow_sync.migration ADD COLUMN IF NOT EXISTS closing boolean NOT NULL DEFAULT false;

-- keep_days: how long an entry that a terminal has not read is kept for it (`hq install --keep-days`). purge_at: when the
-- next slice is due; a new feed has an hour.
ALTER TABLE payflow_sync.meta
  ADD COLUMN IF NOT EXISTS keep_days integer NOT NULL DEFAULT 30 CHECK (keep_days > 0),
  ADD COLUMN IF NOT EXISTS purge_at  timestamptz NOT NULL DEFAULT clock_timestamp() + interval '1 hour';

-- Tables that the feed has entries of: one look into the index for each, however long the feed is.
CREATE OR REPLACE FUNCTION payflow_sync.feed_tables()
RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH RECURSIVE known AS (
    SELECT min(f.tbl) AS tbl FROM payflow_sync.feed f
    UNION ALL
    SELECT (SELECT min(f.tbl) FROM payflow_sync.feed f WHERE f.tbl > k.tbl) FROM known k WHERE k.tbl IS NOT NULL)
  SELECT k.tbl FROM known k WHERE k.tbl IS NOT NULL
$$;

-- One slice of a purge (DESIGN 3.5): of the `p_most` oldest entries those that every terminal has read, and those that are
-- older than HQ keeps them, however far behind a terminal is. What goes is a prefix by (xid, seq), and the floor that is
-- written with it is exact: one above the last transaction that lost an entry, so that a terminal that missed nothing never
-- re-baselines. A transaction that is cut in two lies below the floor as a whole; one that has an entry too young to go
-- stays as a whole. The floor's time is the latest edit removed: a row without an entry was last edited then or before
-- (DESIGN 7.4). xid8 has min() only from 15 on. Whoever comes while another purges goes away with 0. No lock is waited for
-- longer than a second: this is part of somebody's sync. Scans are off because a feed that nobody has analyzed yet would be
-- sorted as a whole for its first entries.
DROP FUNCTION IF EXISTS payflow_sync.purge(integer);
CREATE OR REPLACE FUNCTION payflow_sync.purge(p_days integer DEFAULT NULL, p_most integer DEFAULT 2000)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '1s'
SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
  v_bound xid8 := pg_snapshot_xmin(pg_current_snapshot());
  v_days integer;
  v_since timestamptz;
  v_read xid8;
  v_floor xid8;
  v_floor_at timestamptz;
  v_count bigint;
  -- A batch's ids are thousands: fewer rows, as much work.
  v_most_batches integer := greatest(1, p_most / 50);
  v_batches bigint;
BEGIN
  SELECT coalesce(p_days, m.keep_days) INTO v_days FROM payflow_sync.meta m FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN RETURN 0; END IF;
  v_since := clock_timestamp() - make_interval(days => v_days);
  SELECT t.cursor_xid INTO v_read FROM payflow_sync.terminal t ORDER BY t.cursor_xid LIMIT 1;
  v_read := coalesce(v_read, v_bound);
  WITH slice AS MATERIALIZED (
    SELECT e.place, e.xid, e.seq, e.logged_at
      FROM payflow_sync.feed_tables() t(tbl)
     CROSS JOIN LATERAL (
       SELECT f.ctid AS place, f.xid, f.seq, f.logged_at FROM payflow_sync.feed f
        WHERE f.tbl = t.tbl AND f.xid < v_bound ORDER BY f.xid, f.seq LIMIT p_most) e
     ORDER BY e.xid, e.seq LIMIT p_most),
  -- The first transaction that somebody has not read and that has to stay for its age. The last one of the slice may go on
  -- behind it: its latest entry of each table tells.
  young AS (
    SELECT s.xid FROM slice s WHERE s.xid >= v_read AND s.logged_at >= v_since
    UNION ALL
    SELECT l.xid FROM (SELECT s.xid FROM slice s ORDER BY s.xid DESC LIMIT 1) l
     CROSS JOIN payflow_sync.feed_tables() t(tbl)
     CROSS JOIN LATERAL (
       SELECT f.logged_at FROM payflow_sync.feed f
        WHERE f.tbl = t.tbl AND f.xid = l.xid ORDER BY f.seq DESC LIMIT 1) e
     WHERE e.logged_at >= v_since
     ORDER BY 1 LIMIT 1),
  gone AS (
    DELETE FROM payflow_sync.feed f
     WHERE f.ctid = ANY (ARRAY(
       SELECT s.place FROM slice s
        WHERE s.xid < greatest(v_read, coalesce((SELECT y.xid FROM young y), v_bound))))
    RETURNING f.xid, f.edited_at)
  SELECT count(*), (max(g.xid::text::numeric) + 1)::text::xid8, max(g.edited_at)
    INTO v_count, v_floor, v_floor_at FROM gone g;

  v_since := clock_timestamp() - interval '90 days';
  DELETE FROM payflow_sync.upload_entry u
   WHERE u.ctid = ANY (ARRAY(
     SELECT e.ctid FROM payflow_sync.upload_entry e WHERE e.applied_at < v_since ORDER BY e.applied_at LIMIT v_most_batches));
  GET DIAGNOSTICS v_batches = ROW_COUNT;

  UPDATE payflow_sync.meta m
     SET floor_xid = greatest(m.floor_xid, v_floor), floor_at = greatest(m.floor_at, v_floor_at),
         purge_at = clock_timestamp() + CASE WHEN v_count >= p_most OR v_batches >= v_most_batches
                                             THEN interval '2 s' ELSE interval '1 hour' END;
  RETURN v_count;
END $$;

-- What a terminal asks for when its heartbeat said that a slice is due. Decided here once more: hundreds heard it.
CREATE OR REPLACE FUNCTION payflow_sync.purge_if_due()
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '1s' AS $$
BEGIN
  PERFORM FROM payflow_sync.meta m WHERE m.purge_at <= clock_timestamp() FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN RETURN 0; END IF;
  RETURN payflow_sync.purge();
END $$;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA payflow_sync FROM PUBLIC;

-- Who may beat may purge: a login with rights of its own keeps the feed small like any other.
DO $$
DECLARE
  v_role name;
BEGIN
  FOR v_role IN
    SELECT DISTINCT r.rolname FROM pg_proc p
     CROSS JOIN LATERAL aclexplode(p.proacl) a JOIN pg_roles r ON r.oid = a.grantee
     WHERE p.pronamespace = 'payflow_sync'::regnamespace AND p.proname = 'heartbeat'
       AND a.privilege_type = 'EXECUTE' AND a.grantee <> p.proowner
  LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION payflow_sync.purge_if_due() TO %I', v_role);
  END LOOP;
END $$;

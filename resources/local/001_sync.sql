-- PayFlow's own tables in payflow.db, migration 1. The shop's tables and the capture triggers are generated
-- from the plan (electron/local/schema.ts, electron/local/capture.ts).

-- What the terminal knows of itself: terminal, code, store, epoch, plan, manifest, feed id, ... (text values).
CREATE TABLE sync_meta (
  name  TEXT PRIMARY KEY,
  value TEXT
) WITHOUT ROWID;

-- One row. The capture triggers are silent while applying = 1; set and cleared inside the engine's own
-- transaction, so that no other writer ever sees it set (DESIGN 4.2).
CREATE TABLE sync_session (
  one      INTEGER PRIMARY KEY CHECK (one = 1),
  applying INTEGER NOT NULL
);
INSERT INTO sync_session (one, applying) VALUES (1, 0);

-- The outbox: what the POS changed and HQ has not acknowledged. No constraint that an outer OR IGNORE or
-- OR REPLACE could bend (DESIGN 4.1). `changes`: JSON {column: [old type, old text, new type, new text]};
-- of an insert only the `add` columns, [null, null, type, text]; of a delete the old values and server_id, [type, text,
-- null, null]. The columns' local names. Types are typeof()'s; null is ["null", null]; a text null beside another type is
-- a value too long to be recorded (electron/local/capture.ts). `changes` null: what was changed is unknown (DESIGN 4.5).
CREATE TABLE sync_outbox (
  seq          INTEGER PRIMARY KEY AUTOINCREMENT,
  tbl          TEXT,
  local_id     TEXT,
  old_local_id TEXT,   -- null for I; differs from local_id where the POS changed the key
  op           TEXT,   -- I, U, D; R: the row before a write that may have replaced it (DESIGN 4.3)
  changes      TEXT,
  at           TEXT,   -- wall time of the POS, UTC, milliseconds
  id           TEXT    -- random, 32 hex digits
);
CREATE INDEX sync_outbox_row ON sync_outbox (tbl, local_id, seq);

-- Batches exactly as they are sent (JSON), kept 30 days for an HQ that is restored (DESIGN 6.5, 8.2).
CREATE TABLE sync_sent (
  number  INTEGER PRIMARY KEY,
  payload TEXT NOT NULL,
  sent_at TEXT NOT NULL
);

-- One row per synced row (DESIGN 4.3). server_id is null where it equals local_id: most rows, half the bytes.
-- hash: first 16 hex digits of the row hash at the last sync. kept = 1: outside the scope, here because a row
-- inside it needs it. refs: JSON {column: HQ's value} of references that are null here (DESIGN 5.4).
CREATE TABLE sync_row (
  tbl       INTEGER NOT NULL,
  local_id  TEXT NOT NULL,
  server_id TEXT,
  hash      TEXT,
  kept      INTEGER NOT NULL DEFAULT 0,
  refs      TEXT,
  PRIMARY KEY (tbl, local_id)
) WITHOUT ROWID;
CREATE INDEX sync_row_server ON sync_row (tbl, server_id) WHERE server_id IS NOT NULL;
CREATE INDEX sync_row_kept ON sync_row (tbl, local_id) WHERE kept = 1;
CREATE INDEX sync_row_refs ON sync_row (tbl, local_id) WHERE refs IS NOT NULL;

-- The base of a pending row that was rebased or acknowledged half-way: HQ's row as last seen, a JSON object of
-- canonical values by HQ's column names (DESIGN 7.2). Entries up to `seq` are older than this base.
CREATE TABLE sync_base (
  tbl      TEXT NOT NULL,
  local_id TEXT NOT NULL,
  seq      INTEGER NOT NULL,
  base     TEXT NOT NULL,
  PRIMARY KEY (tbl, local_id)
) WITHOUT ROWID;

-- One cursor per table: the pair (xid, seq) of the feed, decimal text (xid8 does not fit a double). load_key: how far the first load
-- came; null when it is complete. reload = 1: re-baseline before the feed is read (and before an upload).
CREATE TABLE sync_cursor (
  tbl         TEXT PRIMARY KEY,
  xid         TEXT NOT NULL,
  seq         TEXT NOT NULL,
  loaded      INTEGER NOT NULL DEFAULT 0,
  load_key    TEXT,
  reload      INTEGER NOT NULL DEFAULT 0,
  fingerprint TEXT,
  updated_at  TEXT
) WITHOUT ROWID;

-- Subtrees that entered the scope and are read once more when the feed's bound has passed `after_xid` (DESIGN 3.6).
CREATE TABLE sync_subtree (
  tbl       TEXT NOT NULL,
  server_id TEXT NOT NULL,
  after_xid TEXT NOT NULL,
  PRIMARY KEY (tbl, server_id)
) WITHOUT ROWID;

-- Transactions of our own uploads whose rows are stored already: their feed entries are skipped (DESIGN 6.5).
CREATE TABLE sync_own_xid (
  xid TEXT PRIMARY KEY
) WITHOUT ROWID;

-- Batches that were saved and are not acknowledged here (DESIGN 6.1): at most one whose outcome is unknown, and
-- before it at most one that HQ has taken as it was sent (answered = 1), whose acknowledgement is under way. Payloads
-- stand in sync_sent, so that an acknowledgement copies nothing. upto: highest outbox seq when it was read.
CREATE TABLE sync_batch (
  number   INTEGER PRIMARY KEY,
  upto     INTEGER NOT NULL,
  answered INTEGER NOT NULL DEFAULT 0,
  own_xid  TEXT
);

-- Held rows (DESIGN 5.4), both directions, at most one entry per row. id: HQ's key where it has one (download),
-- else the local_id. op: upsert, delete, removal. missing: JSON [{field, refTable, refId, why}].
CREATE TABLE sync_held (
  tbl       TEXT NOT NULL,
  id        TEXT NOT NULL,
  direction TEXT NOT NULL CHECK (direction IN ('download', 'upload')),
  op        TEXT NOT NULL,
  missing   TEXT NOT NULL,
  payload   TEXT,
  since     TEXT NOT NULL,
  tries     INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (tbl, id, direction)
) WITHOUT ROWID;

-- Rejected rows: the other side's constraints refuse them. seq: newest outbox entry of the row when it was
-- refused; a later edit makes it pending again (DESIGN 6.4).
CREATE TABLE sync_rejected (
  tbl       TEXT NOT NULL,
  id        TEXT NOT NULL,
  direction TEXT NOT NULL CHECK (direction IN ('download', 'upload')),
  code      TEXT NOT NULL,
  params    TEXT NOT NULL,
  payload   TEXT,
  seq       INTEGER,
  since     TEXT NOT NULL,
  tries     INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (tbl, id, direction)
) WITHOUT ROWID;

-- The conflict log (DESIGN 7.6): every overwritten value.
CREATE TABLE sync_conflict (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  tbl      TEXT NOT NULL,
  row_id   TEXT NOT NULL,    -- HQ's key where it has one, else the local_id
  column   TEXT NOT NULL,    -- HQ's column name
  kept     TEXT,
  lost     TEXT,
  winner   TEXT NOT NULL CHECK (winner IN ('hq', 'terminal')),
  rule     TEXT NOT NULL,
  hq_at    TEXT,
  local_at TEXT,
  who      TEXT,
  at       TEXT NOT NULL
);

-- Runs that moved something or failed: the run report as JSON.
CREATE TABLE sync_run (
  id         TEXT PRIMARY KEY,
  started_at TEXT NOT NULL,
  ended_at   TEXT NOT NULL,
  direction  TEXT NOT NULL,
  status     TEXT NOT NULL,
  report     TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX sync_run_time ON sync_run (started_at);

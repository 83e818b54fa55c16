-- Migration 3: the whole merge (DESIGN 7).

-- follows: the entry under which this one is shown (a time of last change beside the value that was changed).
-- resolved: the side a person chose in the end, `hq` or `local`; null while the rule's choice stands alone.
ALTER TABLE sync_conflict ADD COLUMN follows INTEGER;
ALTER TABLE sync_conflict ADD COLUMN resolved TEXT;
ALTER TABLE sync_conflict ADD COLUMN resolved_at TEXT;
CREATE INDEX sync_conflict_shown ON sync_conflict (id) WHERE follows IS NULL;
CREATE INDEX sync_conflict_follows ON sync_conflict (follows) WHERE follows IS NOT NULL;

-- Rows that HQ deleted and a later edit here brings back: sent as new rows under the key they had (DESIGN 7.5).
CREATE TABLE sync_recreate (
  tbl      TEXT NOT NULL,
  local_id TEXT NOT NULL,
  PRIMARY KEY (tbl, local_id)
) WITHOUT ROWID;

-- Counted things of which more were taken than there were: an `add` column below zero after a sync.
CREATE TABLE sync_oversold (
  tbl      TEXT NOT NULL,
  row_id   TEXT NOT NULL,    -- HQ's key
  column   TEXT NOT NULL,    -- its local name
  local_id TEXT NOT NULL,
  value    TEXT NOT NULL,
  since    TEXT NOT NULL,
  PRIMARY KEY (tbl, row_id, column)
) WITHOUT ROWID;

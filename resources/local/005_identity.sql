-- PayFlow's own tables, migration 5: what a terminal needs when its file or HQ was restored (DESIGN 8.1, 8.2).

-- after: of a batch that HQ has lost and gets again, the number HQ's gate has to stand at before it; null: number - 1.
ALTER TABLE sync_batch ADD COLUMN after INTEGER;

-- Keys that rows had at HQ before it was restored: sent again, they are the same rows and not new ones.
CREATE TABLE sync_promised (
  tbl       INTEGER NOT NULL,
  local_id  TEXT NOT NULL,
  server_id TEXT NOT NULL,
  PRIMARY KEY (tbl, local_id)
) WITHOUT ROWID;

-- What a person has to know although nothing waits: stands until a manager dismisses it or a data check passes.
CREATE TABLE sync_notice (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  code       TEXT NOT NULL,
  params     TEXT NOT NULL,
  at         TEXT NOT NULL,
  settled_at TEXT
);
CREATE INDEX sync_notice_open ON sync_notice (id) WHERE settled_at IS NULL;

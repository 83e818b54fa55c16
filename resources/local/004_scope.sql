-- The gate against mass removals (DESIGN 5.3). Why a row is held for a person: asked (waits for a manager), stays (a
-- manager said that it stays here although HQ has it no more), goes (a manager allowed its delete, which is not sent
-- yet); null: it is held for another reason. There may be hundreds of thousands of them: they are never read at once.
ALTER TABLE sync_held ADD COLUMN confirm TEXT;
CREATE INDEX sync_held_confirm ON sync_held (tbl, direction, confirm) WHERE confirm IS NOT NULL;

-- The open questions, one per table and direction. size: rows the table had when the day began that the gate counts;
-- removed: what had gone by then. answer: hq or local, until the next cycle has carried it out.
CREATE TABLE sync_confirm (
  tbl       TEXT NOT NULL,
  direction TEXT NOT NULL CHECK (direction IN ('download', 'upload')),
  since     TEXT NOT NULL,
  size      INTEGER NOT NULL,
  removed   INTEGER NOT NULL,
  answer    TEXT CHECK (answer IN ('hq', 'local')),
  PRIMARY KEY (tbl, direction)
) WITHOUT ROWID;

-- Rows removed per quarter of an hour (of HQ's clock, counted from 1970), and the table's size when it began.
CREATE TABLE sync_removed (
  tbl       TEXT NOT NULL,
  direction TEXT NOT NULL,
  slot      INTEGER NOT NULL,
  removed   INTEGER NOT NULL,
  size      INTEGER NOT NULL,
  PRIMARY KEY (tbl, direction, slot)
) WITHOUT ROWID;

-- exempt = 1: the re-baseline that is due comes of this terminal's own move or of a changed manifest, and what it
-- removes is asked of nobody (DESIGN 5.3).
ALTER TABLE sync_cursor ADD COLUMN exempt INTEGER NOT NULL DEFAULT 0;

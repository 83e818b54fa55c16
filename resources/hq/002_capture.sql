-- PayFlow at HQ, migration 2: what is captured. Every statement may run twice.

-- The manifest that all terminals follow, as JSON of shared/manifest.ts. One row.
CREATE TABLE IF NOT EXISTS payflow_sync.manifest (
  one          boolean PRIMARY KEY DEFAULT true CHECK (one),
  body         text NOT NULL,
  installed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- One row per captured table: what was generated for it, so that a second install changes only what differs and
-- `hq status` finds what somebody changed since.
CREATE TABLE IF NOT EXISTS payflow_sync.captured (
  tbl          text PRIMARY KEY,
  schema       text NOT NULL,
  fingerprint  text NOT NULL,  -- columns, types and key when the triggers were made
  definition   text NOT NULL,  -- md5 of all that was generated
  bodies       jsonb NOT NULL, -- function name -> md5 of its body
  installed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- The schema is closed to PUBLIC already; functions are executable by everyone unless it is said.
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA payflow_sync FROM PUBLIC;

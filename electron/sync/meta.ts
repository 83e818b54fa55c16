/** Names of values in `sync_meta` that the engine owns. */
export const META = {
  terminal: 'terminal',
  code: 'code',
  store: 'store',
  epoch: 'epoch',
  feedId: 'feed_id',
  plan: 'plan',
  /** When `init` took over the rows that were in the file (DESIGN 4.5); files of earlier versions may lack it. */
  adopted: 'adopted',
  schemaStamp: 'schema_stamp',
  /** Number of the last batch that was made. */
  lastBatch: 'last_batch',
  /** Which HQ the cursors belong to, the token HQ has confirmed, and the one on its way (DESIGN 8.1). */
  hq: 'hq',
  token: 'token',
  nextToken: 'token_next',
  /** A recovery that has begun (`identify.ts`). */
  recovery: 'recovery',
  /** What decides which rows of each table this terminal sees, and the tables for which that has changed. */
  scopes: 'scopes',
  rescope: 'rescope',
  lastRunAt: 'last_run_at',
  /** The last run that read HQ's changes to their end. */
  lastDownloadAt: 'last_download_at',
  /** Since when runs end before their end, failed or cancelled; gone with the next one that does not. */
  unfinishedAt: 'unfinished_at',
  lastHeartbeatAt: 'last_heartbeat_at',
  /** What HQ was last told of this terminal's own row, the runs its log still lacks, and that it knows all checkpoints. */
  liveness: 'liveness',
  untoldRuns: 'untold_runs',
  checkpointed: 'checkpointed',
  /** What HQ has refused beside a run's work, and when (JSON). */
  refusedErrands: 'refused_errands',
  /** This terminal's clock minus HQ's in milliseconds, as it was last measured. */
  clockSkew: 'clock_skew',
  /** What the stamps of edits are made of (`SavedStamps`, JSON). */
  stamps: 'stamps',
  /** Capture may have missed something: a scan is due (DESIGN 4.4). Its value tells one request from the next. */
  scanDue: 'scan_due',
  /** SQLite's schema_version when the capture triggers were last found in order. */
  schemaSeen: 'schema_seen',
  /** When the last data check ended, and how many rows it found to differ. */
  lastCheckAt: 'last_check_at',
  lastCheckDiffering: 'last_check_differing',
  /** When both sides were last compared and brought in step without the feed (DESIGN 3.8); the first load counts. */
  comparedAt: 'compared_at',
} as const;

/** Columns of payflow.db that belong to the engine or tell the POS about the row; HQ's never take their place. */
export const rowColumns: ReadonlySet<string> = new Set([
  'local_id',
  'server_id',
  'sync_status',
  'sync_operation',
  'last_sync_at',
]);

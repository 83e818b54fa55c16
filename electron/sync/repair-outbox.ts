import { groupBy, type Run } from './engine.ts';

/**
 * Before rows are looked up by HQ's key: what the POS did to identities. A changed local_id takes its mapping
 * along (DESIGN 4.1); a row that a REPLACE has stripped of its server_id gets it back (4.3).
 */
export function repairOutbox(run: Run): void {
  const entries = run.local.read(() => run.local.identityEntries());
  if (entries.length === 0) return;
  run.local.write(() => {
    for (const entry of entries) {
      if (
        !run.index.has(entry.table) ||
        entry.oldLocalId === null ||
        entry.oldLocalId === entry.localId
      )
        continue;
      run.local.moveLocalId(run.index.table(entry.table), entry);
    }
    for (const [name, group] of groupBy(entries, (entry) => entry.table)) {
      if (!run.index.has(name)) continue;
      const table = run.index.table(name);
      for (const [localId, serverId] of run.local.serverIds(table, [
        ...new Set(group.map((entry) => entry.localId)),
      ])) {
        run.local.restoreServerId(table, localId, serverId);
      }
    }
  });
}

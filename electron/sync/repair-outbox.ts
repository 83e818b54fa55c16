import { groupBy, type Run } from './engine.ts';
import type { OutboxEntry } from './local-port.ts';

/**
 * Before rows are looked up by HQ's key: what the POS did to identities. A changed local_id takes its mapping
 * along (DESIGN 4.1); a row that a REPLACE has stripped of its server_id gets it back (4.3).
 */
export function repairOutbox(run: Run): void {
  const entries = run.local.read(() => {
    run.namesAsOf = run.local.lastSeq();
    return run.local.identityEntries();
  });
  if (entries.length === 0) return;
  run.local.write(() => {
    repair(run, entries);
  });
}

/**
 * The same at the beginning of a transaction that goes by names: the POS may have changed some since the cycle began.
 * Next to never there is any.
 */
export function followNames(run: Run): void {
  if (!anyMoved(run)) return;
  run.namesAsOf = run.local.lastSeq();
  repair(run, run.local.identityEntries());
}

/** Reads in a snapshot in which all rows stand under the names that they are known by; no batch may be at HQ. */
export function readNamed<T>(run: Run, work: () => T): T {
  for (;;) {
    const read = readIfNamed(run, work);
    if (read !== null) return read.value;
    run.checkCancelled();
    repairOutbox(run);
  }
}

/** The same where names cannot be followed just now; null: some were changed. */
export function readIfNamed<T>(run: Run, work: () => T): { readonly value: T } | null {
  return run.local.read(() => (anyMoved(run) ? null : { value: work() }));
}

function anyMoved(run: Run): boolean {
  const last = run.local.lastSeq();
  if (last <= run.namesAsOf) return false;
  if (run.local.anyMoved(run.namesAsOf)) return true;
  run.namesAsOf = last;
  return false;
}

function repair(run: Run, entries: readonly OutboxEntry[]): void {
  const ours = entries.filter((entry) => run.index.has(entry.table));
  run.local.moveLocalIds(
    ours
      .filter((entry) => entry.oldLocalId !== null && entry.oldLocalId !== entry.localId)
      .map((entry) => ({ table: run.index.table(entry.table), entry })),
  );
  for (const [name, group] of groupBy(ours, (entry) => entry.table)) {
    const table = run.index.table(name);
    for (const [localId, serverId] of run.local.serverIds(table, [
      ...new Set(group.map((entry) => entry.localId)),
    ])) {
      run.local.restoreServerId(table, localId, serverId);
    }
  }
}

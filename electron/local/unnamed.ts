/**
 * Rows whose local_id is no text: a TEXT column of SQLite takes bytes, and texts that are no UTF-8. HQ's keys are texts,
 * JSON has no bytes, and the driver reads such a text as another one. Nothing looks these rows up by name: they are found
 * through their entries in the outbox, which hold the key as the POS wrote it, and called what SQL calls it: x'41FF'.
 */
import { isUtf8 } from 'node:buffer';
import type { LocalStore, OutboxEntry } from '../sync/local-port.ts';
import { id } from './sql.ts';
import type { StoreContext } from './statements.ts';

export type UnnamedStore = Pick<LocalStore, 'standing' | 'showRefused' | 'dropUnnamed'>;

export function unnamedStore({ prepare }: StoreContext): UnnamedStore {
  return {
    standing(table, seqs) {
      return prepare(`
        SELECT o.seq FROM json_each(?) j CROSS JOIN sync_outbox o ON o.seq = j.value
         WHERE EXISTS (SELECT 1 FROM ${id(table.name)} d WHERE d.local_id = o.local_id)`)
        .pluck()
        .all(JSON.stringify(seqs)) as number[];
    },
    showRefused(table, seqs) {
      prepare(`
        UPDATE ${id(table.name)} SET sync_status = 'error' WHERE local_id IN (
          SELECT o.local_id FROM json_each(?) j CROSS JOIN sync_outbox o ON o.seq = j.value)`).run(
        JSON.stringify(seqs),
      );
    },
    dropUnnamed(table, name, seqs) {
      prepare('DELETE FROM sync_outbox WHERE seq IN (SELECT value FROM json_each(?))').run(
        JSON.stringify(seqs),
      );
      prepare(`DELETE FROM sync_rejected WHERE tbl = ? AND id = ? AND direction = 'upload'`).run(
        table.name,
        name,
      );
    },
  };
}

/** How a list calls a row with this key, whatever it is made of. */
export function nameOf(key: string | Uint8Array): string {
  return typeof key === 'string' ? key : `x'${Buffer.from(key).toString('hex').toUpperCase()}'`;
}

/** The same in SQL. */
export function nameSql(key: string): string {
  return `CASE typeof(${key}) WHEN 'blob' THEN 'x''' || hex(${key}) || '''' ELSE ${key} END`;
}

/** Marks the entries of such rows. Of others, which are next to all there ever are, it only looks at the text. */
export function markUnnamed(
  { prepare }: StoreContext,
  entries: readonly OutboxEntry[],
): readonly OutboxEntry[] {
  const isDoubtful = ({ localId }: OutboxEntry): boolean =>
    typeof localId !== 'string' || localId.includes('\uFFFD');
  if (!entries.some(isDoubtful)) return entries;
  return entries.map((entry) => {
    if (!isDoubtful(entry)) return entry;
    const [type, bytes] = prepare(
      'SELECT typeof(local_id), CAST(local_id AS BLOB) FROM sync_outbox WHERE seq = ?',
    )
      .raw()
      .get(entry.seq) as [string, Uint8Array];
    const isBytes = type === 'blob';
    if (!isBytes && isUtf8(bytes)) return entry;
    return { ...entry, localId: nameOf(bytes), unnamed: isBytes ? 'not-text' : 'not-unicode' };
  });
}

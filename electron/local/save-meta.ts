import { openLocal } from './open.ts';

/** Writes one value of `sync_meta` beside the engine's connection; null removes it. Waits for the POS's lock as all do. */
export function saveMeta(path: string, name: string, value: string | null): void {
  const db = openLocal(path, { create: false });
  try {
    if (value === null) db.prepare('DELETE FROM sync_meta WHERE name = ?').run(name);
    else
      db.prepare(
        'INSERT INTO sync_meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
      ).run(name, value);
  } finally {
    db.close();
  }
}

import { join } from 'node:path';
import { localVersion, migrateLocal, newestVersion } from '../local/migrate.ts';
import { openLocal, type ReadableDb } from '../local/open.ts';
import { resourcesFolder } from './resources.ts';

const migrations = join(resourcesFolder, 'local');

/**
 * payflow.db for reading. A file that an older PayFlow wrote gets this one's own tables first, because the lists read
 * them; a file that sync was never set up in stays as it is.
 */
export function openReadable(path: string): ReadableDb {
  const db = openLocal(path, { readonly: true });
  const version = localVersion(db);
  if (version === 0 || version >= newestVersion(migrations)) return db;
  db.close();
  const writer = openLocal(path, { create: false });
  try {
    migrateLocal(writer, migrations);
  } finally {
    writer.close();
  }
  return openLocal(path, { readonly: true });
}

/** PayFlow's own manifest and the one that an HQ follows. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PayflowError } from '../../shared/errors.ts';
import type { Manifest } from '../../shared/manifest.ts';
import { readCatalogue } from '../remote/catalogue.ts';
import { readHqManifest } from '../remote/hq-plan.ts';
import type { Queryable } from '../remote/queryable.ts';
import { requireTables } from '../schema/plan.ts';
import { printManifest } from '../schema/print-manifest.ts';
import { readManifest } from '../schema/read-manifest.ts';
import { fileProblem } from './file-problem.ts';
import { resourcesFolder } from './resources.ts';

export interface ManifestFile {
  readonly text: string;
  readonly path: string;
}

/** Null: PayFlow's own. */
export async function manifestFile(named: string | null): Promise<ManifestFile> {
  const path = named ?? join(resourcesFolder, 'manifest.yaml');
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    const problem = fileProblem(error);
    throw new PayflowError('MANIFEST_UNREADABLE', { path, problem }, { cause: error });
  });
  return { text, path };
}

/**
 * The manifest that HQ follows, as YAML beside what its catalogue says; before `hq install`, the one that this would
 * store, for whoever has to write another. That one need not fit HQ's columns, but a table that HQ lacks is refused
 * (HQ_TABLE_MISSING): beside an empty database there is nothing to compare with.
 */
export async function shownManifest(db: Queryable): Promise<string> {
  const stored = await storedManifest(db);
  const manifest = stored ?? (await ownManifest());
  const catalogue = await readCatalogue(db, manifest.schema, Object.keys(manifest.tables));
  if (stored === null) requireTables(manifest, catalogue);
  return printManifest(manifest, catalogue);
}

async function ownManifest(): Promise<Manifest> {
  const { text, path } = await manifestFile(null);
  return readManifest(text, path);
}

/** Null: nothing is installed at this HQ. */
async function storedManifest(db: Queryable): Promise<Manifest | null> {
  try {
    return await readHqManifest(db);
  } catch (error) {
    if (error instanceof PayflowError && error.code === 'HQ_NOT_INSTALLED') return null;
    throw error;
  }
}

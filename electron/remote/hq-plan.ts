import { z } from 'zod';
import { PayflowError } from '../../shared/errors.ts';
import { manifestSchema, type Manifest } from '../../shared/manifest.ts';
import type { Plan } from '../../shared/plan.ts';
import { completePlan } from '../schema/plan.ts';
import { readCatalogue } from './catalogue.ts';
import { onInstalledHq } from './hq-errors.ts';
import type { Queryable } from './queryable.ts';

const manifestRows = z.array(z.object({ body: z.string() }));

/** The manifest that `hq install` stored: all terminals of an HQ follow the same one. */
export async function readHqManifest(db: Queryable): Promise<Manifest> {
  return manifestOf(await readManifestText(db));
}

/** The same as HQ holds it. */
export async function readManifestText(db: Queryable): Promise<string> {
  const { rows } = await onInstalledHq(() => db.query('SELECT body FROM payflow_sync.manifest'));
  const [row] = manifestRows.parse(rows);
  if (!row) throw new PayflowError('HQ_NOT_INSTALLED');
  return row.body;
}

export function manifestOf(text: string): Manifest {
  return manifestSchema.parse(JSON.parse(text));
}

/** The plan of HQ's own manifest and its catalogue as it is now. */
export async function loadHqPlan(db: Queryable): Promise<Plan> {
  const manifest = await readHqManifest(db);
  const catalogue = await readCatalogue(db, manifest.schema, Object.keys(manifest.tables));
  return completePlan(manifest, catalogue);
}

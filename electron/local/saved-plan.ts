import type { Plan } from '../../shared/plan.ts';
import { META } from '../sync/meta.ts';
import { storedError } from './errors.ts';
import type { ReadableDb } from './open.ts';
import { metaValue } from './views.ts';

/** The plan of the last run; null before the first. Throws LOCAL_DAMAGED. */
export function savedPlan(db: ReadableDb): Plan | null {
  const text = metaValue(db, META.plan);
  try {
    return text === null ? null : (JSON.parse(text) as Plan);
  } catch (error) {
    throw storedError(error, db.name);
  }
}

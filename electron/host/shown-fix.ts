/** A fix is applied as a person has seen it, or not at all: whoever showed one gives its name along. */
import { createHash } from 'node:crypto';
import { PayflowError } from '../../shared/errors.ts';
import type { SchemaDifference } from './app-types.ts';

/** Names the statements of a fix; null: nothing there can be fixed. */
export function fixOf(differences: readonly SchemaDifference[]): string | null {
  const fixes = differences.filter(({ fix }) => fix !== null);
  if (fixes.length === 0) return null;
  const text = JSON.stringify(fixes.map(({ table, code, fix }) => [table, code, fix]));
  return createHash('sha256').update(text).digest('hex');
}

/** Throws SCHEMA_CHANGED where what differs now needs another fix than the one that was shown. */
export function requireShown(differences: readonly SchemaDifference[], shown: string): void {
  if (fixOf(differences) !== shown) throw new PayflowError('SCHEMA_CHANGED');
}

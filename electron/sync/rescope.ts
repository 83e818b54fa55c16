import type { TablePlan } from '../../shared/plan.ts';
import { cursorOf, saveCursor } from './download/load.ts';
import { downloads, type EnginePorts, type Run, type Self } from './engine.ts';
import { META } from './meta.ts';
import type { PlanIndex } from './plan-index.ts';

/**
 * Notes which tables show other rows than at the last run, because the manifest was changed or the terminal has moved to
 * another store (DESIGN 8.2). What decides about one table decides about those below it: all that are scoped go
 * along.
 */
export function noteScopes(
  { local }: Pick<EnginePorts, 'local'>,
  index: PlanIndex,
  self: Self,
): void {
  const scopes = Object.fromEntries(
    index.tables.map((table) => [table.name, JSON.stringify(scopeOf(table, self))]),
  );
  const text = JSON.stringify(scopes);
  const stored = local.meta(META.scopes);
  if (stored === text && local.meta(META.store) === self.store) return;
  const was = stored === null ? scopes : (JSON.parse(stored) as Record<string, string>);
  const changed = index.tables.filter(({ name }) => was[name] !== scopes[name]);
  const scoped = index.tables.filter(({ scope }) => scope.kind !== 'everyone');
  const touched = [...changed, ...(changed.length > 0 ? scoped : [])].map(({ name }) => name);
  local.write(() => {
    local.setMeta(META.scopes, text);
    local.setMeta(META.store, self.store);
    if (touched.length > 0)
      local.setMeta(META.rescope, JSON.stringify([...new Set([...rescoped(local), ...touched])]));
  });
}

function scopeOf({ direction, exclude, scope }: TablePlan, { store, key }: Self): unknown {
  return [direction, exclude, scope, scope.kind === 'everyone' ? null : [store, key]];
}

function rescoped(local: EnginePorts['local']): string[] {
  return JSON.parse(local.meta(META.rescope) ?? '[]') as string[];
}

/** Are there tables to compare afresh once the outbox is empty? */
export function isRescoping({ local }: Run): boolean {
  return local.meta(META.rescope) !== null;
}

/** The outbox has been sent: now what is scoped is compared with HQ, and nobody is asked about what leaves (DESIGN 5.3). */
export function rescope(run: Run): void {
  const touched = new Set(rescoped(run.local));
  run.local.write(() => {
    for (const table of run.index.tables) {
      const cursor = cursorOf(run, table);
      if (touched.has(table.name) && cursor.loaded && downloads(table.direction))
        saveCursor(run, { ...cursor, reload: true, exempt: true });
    }
    run.local.setMeta(META.rescope, null);
  });
}

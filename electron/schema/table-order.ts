import { PayflowError } from '../../shared/errors.ts';
import { byName } from './by-name.ts';

/** A foreign key to another synced table, for the order of work. */
export interface Dependency {
  readonly column: string;
  readonly refTable: string;
  readonly nullable: boolean;
}

/**
 * Parents first, names in order where parents leave a choice. A table's references to itself say nothing. A
 * cycle is entered where every reference that points forward is nullable; a cycle of required references cannot
 * be loaded row by row and is refused.
 */
export function parentsFirst(
  tables: ReadonlyMap<string, readonly Dependency[]>,
): readonly string[] {
  const waiting = new Set([...tables.keys()].toSorted(byName));
  const order: string[] = [];
  const open = (name: string): readonly Dependency[] =>
    (tables.get(name) ?? []).filter((d) => d.refTable !== name && waiting.has(d.refTable));
  while (waiting.size > 0) {
    const next =
      [...waiting].find((name) => open(name).length === 0) ?? entryOfCycle([...waiting], open);
    order.push(next);
    waiting.delete(next);
  }
  return order;
}

/** A table of a cycle that depends on nothing but its own cycle, and there on nullable references only. */
function entryOfCycle(
  waiting: readonly string[],
  open: (name: string) => readonly Dependency[],
): string {
  const ancestors = new Map(waiting.map((name) => [name, ancestorsOf(name, open)]));
  const first = waiting.filter((name) =>
    [...(ancestors.get(name) ?? [])].every((ancestor) => ancestors.get(ancestor)?.has(name)),
  );
  const entry = first.find((name) => open(name).every(({ nullable }) => nullable));
  if (entry !== undefined) return entry;
  const table = first[0] ?? '';
  const column = open(table).find(({ nullable }) => !nullable)?.column ?? '';
  throw new PayflowError('MANIFEST_CYCLE', { table, column });
}

function ancestorsOf(
  name: string,
  open: (name: string) => readonly Dependency[],
): ReadonlySet<string> {
  const found = new Set<string>();
  const queue = [name];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (const { refTable } of open(next)) {
      if (found.has(refTable)) continue;
      found.add(refTable);
      queue.push(refTable);
    }
  }
  return found;
}

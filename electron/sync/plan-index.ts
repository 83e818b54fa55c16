import type { ColumnPlan, ForeignKey, Plan, Reference, TablePlan } from '../../shared/plan.ts';
import { decoderOf, encoderOf, type Canonical, type LocalValue } from './codec.ts';

/** A foreign key seen from its parent. */
export interface ChildLink {
  readonly table: TablePlan;
  readonly foreignKey: ForeignKey;
}

/** Per column: canonical -> local value, and back. Both throw UnholdableValue. */
export interface TableCodec {
  readonly decode: readonly ((canonical: Canonical) => LocalValue)[];
  readonly encode: readonly ((raw: LocalValue) => Canonical)[];
}

/**
 * A column as payflow.db holds it. References hold local_ids there, which are text whatever HQ's key type is.
 */
export function localColumn(column: ColumnPlan): ColumnPlan {
  return column.reference === null ? column : { ...column, kind: 'text', scale: null };
}

/** The reference of a column whose table is fixed, or null. */
export function fixedReference(column: ColumnPlan): Reference | null {
  return column.reference !== null && 'table' in column.reference ? column.reference : null;
}

/** Look-ups over a plan that the stages of a cycle need again and again. */
export class PlanIndex {
  readonly plan: Plan;
  readonly #byName: ReadonlyMap<string, TablePlan>;
  readonly #children = new Map<string, ChildLink[]>();
  readonly #codecs = new Map<string, TableCodec>();
  readonly #columnIndex = new Map<string, Map<string, number>>();

  constructor(plan: Plan) {
    this.plan = plan;
    this.#byName = new Map(plan.tables.map((table) => [table.name, table]));
    for (const table of plan.tables) {
      this.#columnIndex.set(
        table.name,
        new Map(table.columns.map((column, index) => [column.hq, index])),
      );
      for (const foreignKey of table.foreignKeys) {
        const links = this.#children.get(foreignKey.refTable) ?? [];
        links.push({ table, foreignKey });
        this.#children.set(foreignKey.refTable, links);
      }
    }
  }

  get tables(): readonly TablePlan[] {
    return this.plan.tables;
  }

  /** The table of this name; a name from outside the plan is a programming error. */
  table(name: string): TablePlan {
    const table = this.#byName.get(name);
    if (table === undefined) throw new Error(`no table ${name} in the plan`);
    return table;
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  /** All foreign keys that point at this table. */
  childLinks(table: TablePlan): readonly ChildLink[] {
    return this.#children.get(table.name) ?? [];
  }

  /** Those of them by which a child's scope is decided (DESIGN 3.6, "descendants by the manifest's path"). */
  descendantLinks(table: TablePlan): readonly ChildLink[] {
    return this.childLinks(table).filter(
      ({ table: child, foreignKey }) =>
        child.scope.kind === 'via' && child.scope.column === foreignKey.column,
    );
  }

  /** Index of HQ's column in `table.columns`. */
  columnAt(table: TablePlan, hqName: string): number {
    const index = this.#columnIndex.get(table.name)?.get(hqName);
    if (index === undefined) throw new Error(`no column ${table.name}.${hqName} in the plan`);
    return index;
  }

  codec(table: TablePlan): TableCodec {
    let codec = this.#codecs.get(table.name);
    if (codec === undefined) {
      const columns = table.columns.map(localColumn);
      codec = { decode: columns.map(decoderOf), encode: columns.map(encoderOf) };
      this.#codecs.set(table.name, codec);
    }
    return codec;
  }
}

/** What PostgreSQL says of how it came by an answer: `EXPLAIN (ANALYZE, FORMAT JSON)`. */

export interface PlanNode {
  readonly 'Relation Name'?: string;
  readonly 'Subplan Name'?: string;
  /** Per loop. */
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  /** With VERBOSE. */
  readonly Output?: readonly string[];
  readonly Plans?: readonly PlanNode[];
}

type Explained = readonly { readonly 'QUERY PLAN': readonly { readonly Plan: PlanNode }[] }[];

/** All nodes of the plan. */
export function allNodes(rows: Explained): PlanNode[] {
  const withChildren = (node: PlanNode): PlanNode[] => [
    node,
    ...(node.Plans ?? []).flatMap(withChildren),
  ];
  return rows.flatMap((row) => row['QUERY PLAN'].flatMap(({ Plan }) => withChildren(Plan)));
}

/** Rows of a table that were looked at, whether they were wanted or not. */
export function rowsReadOf(nodes: readonly PlanNode[], table: string): number {
  return nodes
    .filter((node) => node['Relation Name'] === table)
    .reduce(
      (sum, node) =>
        sum + (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'],
      0,
    );
}

/**
 * The only thing this folder's HQ code needs from a driver: `pg.Client`, `pg.PoolClient` and `pg.Pool` all fit.
 * Rows are unknown until a schema has parsed them. A function that says "one connection" must not get a pool.
 */
export interface Queryable {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
}

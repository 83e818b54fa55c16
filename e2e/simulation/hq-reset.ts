import type pg from 'pg';

/** Not what a history changes. */
const CONSTANT = new Set(['payflow_sync.manifest', 'payflow_sync.migration']);
const FEED = 'payflow_sync.feed';
const COPY = 'simulation_start';
const VACUUM_EVERY = 50;

/**
 * Brings HQ's rows back to a remembered state, the shop's and PayFlow's own, without a new database: that would cost every
 * connection its caches.
 */
export class HqReset {
  readonly #db: pg.Client;
  #restored = 0;

  constructor(db: pg.Client) {
    this.#db = db;
  }

  async remember(): Promise<void> {
    const { rows } = await this.#db.query<{ name: string; columns: string; filled: boolean }>(`
      SELECT n.nspname || '.' || c.relname AS name,
             string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FILTER (WHERE a.attgenerated = '') AS columns,
             (xpath('/row/f/text()', query_to_xml('SELECT EXISTS (SELECT FROM ' || c.oid::regclass || ') AS f', false, true, '')))[1]::text = 'true' AS filled
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
       WHERE c.relkind = 'r' AND n.nspname IN ('public', 'payflow_sync')
       GROUP BY n.nspname, c.relname, c.oid ORDER BY 1`);
    await this.#db.query(`CREATE SCHEMA ${COPY}`);
    const statements: string[] = [];
    for (const { name, columns, filled } of rows) {
      if (CONSTANT.has(name)) continue;
      if (!filled || name === FEED) {
        statements.push(`DELETE FROM ${name}`);
        continue;
      }
      const copy = `${COPY}."${name}"`;
      await this.#db.query(`CREATE TABLE ${copy} AS SELECT ${columns} FROM ${name}`);
      // Only what has changed: capture notes each row that a replica writes.
      const row = `ROW(${columns})::text`;
      statements.push(
        `DELETE FROM ${name} WHERE ${row} NOT IN (SELECT ${row} FROM ${copy})`,
        `INSERT INTO ${name} (${columns}) OVERRIDING SYSTEM VALUE
         SELECT * FROM ${copy} WHERE ${row} NOT IN (SELECT ${row} FROM ${name})`,
      );
    }
    // As a replica: neither the shop's foreign keys nor its triggers have a say; what capture notes all the same goes last.
    // A function, whose statements are planned once.
    await this.#db.query(`
      CREATE FUNCTION ${COPY}.restore() RETURNS void LANGUAGE plpgsql SET session_replication_role = replica AS $$
      BEGIN
        ${statements.join(';\n        ')};
        DELETE FROM ${FEED};
      END $$`);
  }

  async restore(): Promise<void> {
    await this.#db.query(`SELECT ${COPY}.restore()`);
    this.#restored += 1;
    // Nobody else clears away what was deleted: every index would be read through it from its beginning.
    if (this.#restored % VACUUM_EVERY === 0) await this.#db.query('VACUUM');
  }
}

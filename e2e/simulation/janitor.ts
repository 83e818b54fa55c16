import Database from 'better-sqlite3';

/**
 * Gives every table of a file the rows that another file has of it, unseen by capture. On a connection of its own: to switch foreign
 * keys off and on would cost whoever shares it all prepared statements.
 */
export class Janitor {
  readonly #db: Database.Database;
  readonly #statements: readonly Database.Statement[];

  constructor(path: string, source: string) {
    const db = new Database(path);
    db.pragma('foreign_keys = OFF');
    db.exec(`ATTACH '${source.replaceAll("'", "''")}' AS source`);
    this.#db = db;
    this.#statements = restoring(db);
  }

  restore(): void {
    this.#db
      .transaction(() => {
        for (const statement of this.#statements) statement.run();
      })
      .immediate();
  }

  close(): void {
    this.#db.close();
  }
}

function restoring(db: Database.Database): Database.Statement[] {
  const tables = db
    .prepare(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`)
    .pluck()
    .all() as string[];
  return [
    'UPDATE sync_session SET applying = 1',
    ...tables
      .filter((table) => table !== 'sync_session')
      .flatMap((table) => {
        const columns = db
          .prepare(
            `SELECT group_concat('"' || name || '"') FROM pragma_table_xinfo(?) WHERE hidden = 0`,
          )
          .pluck()
          .get(table) as string;
        return [
          `DELETE FROM main."${table}"`,
          `INSERT INTO main."${table}" (${columns}) SELECT ${columns} FROM source."${table}"`,
        ];
      }),
    'UPDATE sync_session SET applying = 0',
  ].map((sql) => db.prepare(sql));
}

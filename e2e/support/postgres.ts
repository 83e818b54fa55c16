import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';

export interface TestDatabase {
  readonly name: string;
  /** The superuser's URL. */
  readonly url: string;
  /** Runs a statement (several, if there are no values) and returns the rows. */
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  /** Ends the connections of `query`; the database stays. */
  close(): Promise<void>;
  /** Puts it in the place of another database, which goes, whoever is connected to either. */
  restoreAs(other: string): Promise<void>;
  /** Removes the database, whoever is still connected. */
  drop(): Promise<void>;
}

/** The superuser's URL of the server that only this worker's test files use, one after the other. */
function ownServer(): string {
  const servers = inject('postgresUrls');
  const url = servers[Number(process.env.VITEST_POOL_ID) - 1];
  if (url === undefined) throw new Error(`no server for worker ${process.env.VITEST_POOL_ID}`);
  return url;
}

/** The URL of another database (and login) on the tests' server. */
export function testServerUrl(
  database: string,
  login?: { user: string; password: string },
): string {
  const url = new URL(ownServer());
  url.pathname = `/${encodeURIComponent(database)}`;
  if (login !== undefined) Object.assign(url, { username: login.user, password: login.password });
  return url.href;
}

/**
 * A database of its own for a test file or a test, empty or a copy of `template`, whose other
 * connections are cut (PostgreSQL copies only what nobody is using). The caller owes it a `drop`.
 */
export async function createTestDatabase(
  name = `test_${randomBytes(6).toString('hex')}`,
  template = 'template1',
): Promise<TestDatabase> {
  const quoted = pg.escapeIdentifier(name);
  await onServer(
    ...(template === 'template1' ? [] : [cutConnections(template)]),
    `CREATE DATABASE ${quoted} TEMPLATE ${pg.escapeIdentifier(template)}`,
  );
  const url = testServerUrl(name);
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  // A test that cuts connections cuts the idle ones of this pool too.
  pool.on('error', () => {});
  return {
    name,
    url,
    async query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]) {
      return (await pool.query<Row>(text, values)).rows;
    },
    close: () => pool.end(),
    async restoreAs(other) {
      await pool.end();
      const place = pg.escapeIdentifier(other);
      await onServer(
        `DROP DATABASE ${place} WITH (FORCE)`,
        cutConnections(name),
        `ALTER DATABASE ${quoted} RENAME TO ${place}`,
      );
    },
    async drop() {
      await pool.end();
      await onServer(`DROP DATABASE IF EXISTS ${quoted} WITH (FORCE)`);
    },
  };
}

/**
 * A database that is a copy of an HQ which `make` has made. That one is made once for the worker's server and stays: a
 * copy takes a tenth of an install.
 */
export async function copyOfTemplate(
  template: string,
  make: (database: TestDatabase) => Promise<void>,
): Promise<TestDatabase> {
  const made = await onServer(
    `SELECT 1 FROM pg_database WHERE datname = ${pg.escapeLiteral(template)}`,
  );
  if (made === 0) {
    const first = await createTestDatabase();
    await make(first);
    await first.close();
    // Only a whole one gets the name.
    await onServer(
      cutConnections(first.name),
      `ALTER DATABASE ${pg.escapeIdentifier(first.name)} RENAME TO ${pg.escapeIdentifier(template)}`,
    );
  }
  const copy = await createTestDatabase(undefined, template);
  // As an install of its own would have noted it: a feed of its own, and where it stands.
  await copy.query(
    'UPDATE payflow_sync.meta SET feed_id = gen_random_uuid(), cluster = payflow_sync.cluster()',
  );
  return copy;
}

const cutConnections = (database: string) =>
  `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
   WHERE datname = ${pg.escapeLiteral(database)}`;

/** How many rows the last statement returned. */
async function onServer(...statements: string[]): Promise<number> {
  const client = new pg.Client({ connectionString: ownServer() });
  await client.connect();
  try {
    let rows = 0;
    for (const statement of statements) rows = (await client.query(statement)).rows.length;
    return rows;
  } finally {
    await client.end();
  }
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { installCapture } from '../../electron/remote/install.ts';
import { readManifest } from '../../electron/schema/read-manifest.ts';
import type { Manifest } from '../../shared/manifest.ts';
import { copyOfTemplate, createTestDatabase, type TestDatabase } from './postgres.ts';

/** A database that is an HQ: PayFlow's tables, and capture unless the test installs it itself. */
export interface TestHq {
  readonly database: TestDatabase;
  /** The superuser's session. */
  readonly client: pg.Client;
  /** Another session, closed with the rest. */
  connect(url?: string): Promise<pg.Client>;
  /** Feed entries written since the last call: `U products:p1 s:s1 was p0`. */
  feed(): Promise<string[]>;
  close(): Promise<void>;
}

/** The manifest that PayFlow ships. */
export function defaultManifest(): Manifest {
  const file = join(import.meta.dirname, '../../resources/manifest.yaml');
  return readManifest(readFileSync(file, 'utf8'), file);
}

export interface TestHqOptions {
  /** Run before the install, behind PayFlow's schema. */
  readonly prepare?: string;
  readonly manifest?: Manifest;
  readonly install?: boolean;
}

export async function createTestHq(options: TestHqOptions = {}): Promise<TestHq> {
  const isUsual = Object.keys(options).length === 0;
  const database = isUsual ? await copyOfTemplate('template_hq', fill) : await createTestDatabase();
  const clients: pg.Client[] = [];
  const connect = async (url = database.url): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    clients.push(client);
    return client;
  };
  const client = await connect();
  if (!isUsual) await fill(database, options);
  let last = '0';
  return {
    database,
    client,
    connect,
    async feed() {
      const { rows } = await client.query<{ seq: string; line: string }>(
        `SELECT seq, concat(op, ' ', tbl, ':' || key, ' ', scope, ' was ' || was) AS line
           FROM payflow_sync.feed WHERE seq > $1 ORDER BY seq`,
        [last],
      );
      last = rows.at(-1)?.seq ?? last;
      return rows.map(({ line }) => line);
    },
    async close() {
      await Promise.all(clients.map((each) => each.end().catch(() => undefined)));
      await database.drop();
    },
  };
}

async function fill({ url }: TestDatabase, options: TestHqOptions = {}): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(readFileSync(schemaFile, 'utf8'));
  if (options.prepare !== undefined) await client.query(options.prepare);
  if (options.install ?? true) {
    await installCapture(client, { manifest: options.manifest ?? defaultManifest() });
  }
  await client.end();
}

const schemaFile = join(import.meta.dirname, '../../resources/hq/payflow-schema.sql');

/** Two stores with a terminal and a cashier each, a product with one variant in the first. */
export const smallShop = `
INSERT INTO stores (id, store_code, name, updated_at) VALUES ('s1', 'S1', 'One', now()), ('s2', 'S2', 'Two', now());
INSERT INTO terminals (id, terminal_code, name, store_id, updated_at)
VALUES ('t1', 'T1', 'Till 1', 's1', now()), ('t2', 'T2', 'Till 2', 's2', now());
INSERT INTO users (id, username, store_id, updated_at) VALUES ('u1', 'ann', 's1', now()), ('u2', 'bob', 's2', now());
INSERT INTO products (id, sku, name, selling_price, store_id, updated_at)
VALUES ('p1', 'P1', 'Tea', 2, 's1', now()), ('p2', 'P2', 'Milk', 1, 's2', now());
INSERT INTO product_variants (id, product_id, sku, selling_price, updated_at) VALUES ('v1', 'p1', 'V1', 2, now());
INSERT INTO orders (id, order_number, terminal_id, user_id, order_date, source_terminal_id, updated_at)
VALUES ('o1', 'O1', 't1', 'u1', now(), 't1', now());
`;

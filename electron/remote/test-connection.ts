/** Tries a connection to HQ step by step, so that the form can say which step ended it. Changes nothing. */
import { lookup } from 'node:dns/promises';
import { connect, isIP } from 'node:net';
import pg from 'pg';
import type { Manifest } from '../../shared/manifest.ts';
import { PayflowError } from '../../shared/errors.ts';
import type { ConnectionStep, ConnectionTest } from '../../shared/views.ts';
import { CONNECTION_STEPS } from '../../shared/views.ts';
import { clientConfig, type ConnectionOptions } from './connection.ts';
import { hangUp } from './end-silence.ts';
import { toPayflowError } from './errors.ts';
import { sqlStateOf } from './hq-errors.ts';
import { readHqManifest } from './hq-plan.ts';
import { id } from './identifiers.ts';
import { missingPrivilege } from './install-checks.ts';
import { hqTerminals } from './hq-terminals.ts';

export interface TestOptions extends ConnectionOptions {
  /** Null: the terminals are listed, none is looked for. */
  readonly terminal: string | null;
  /** Whose tables are looked for at an HQ that has no manifest yet. */
  readonly manifest: Manifest;
  /** For the whole test. */
  readonly deadlineMs?: number;
}

const oldestMajor = 14;
const newestMajor = 18;
/** Failures of the sign-in itself; whatever else ends it is a matter of the way there. */
const signIn: ReadonlySet<string> = new Set([
  'HQ_LOGIN_REFUSED',
  'HQ_DATABASE_MISSING',
  'HQ_PRIVILEGE_MISSING',
]);

/** Never throws: what went wrong is the answer. */
export async function testConnection(options: TestOptions): Promise<ConnectionTest> {
  const deadlineMs = options.deadlineMs ?? 10_000;
  const attempt = new Attempt(options, deadlineMs);
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(Object.assign(new Error('out of time'), { code: 'ETIMEDOUT' }));
  }, deadlineMs);
  try {
    await Promise.race([attempt.run(), late.promise]);
    return attempt.result(null);
  } catch (error) {
    const { code, params } = toPayflowError(error, options.address);
    return attempt.result({ code, params });
  } finally {
    clearTimeout(timer);
    attempt.close();
  }
}

class Attempt {
  readonly #options: TestOptions;
  readonly #client: pg.Client;
  #step: ConnectionStep = 'name';
  #terminals: ConnectionTest['terminals'] = [];

  constructor(options: TestOptions, deadlineMs: number) {
    this.#options = options;
    this.#client = new pg.Client({
      ...clientConfig({ ...options, connectTimeoutMs: deadlineMs }),
      query_timeout: deadlineMs,
    });
    this.#client.on('error', () => undefined);
  }

  result(message: NonNullable<ConnectionTest['failed']>['message'] | null): ConnectionTest {
    const step = this.#step;
    const passed =
      message === null
        ? CONNECTION_STEPS
        : CONNECTION_STEPS.slice(0, CONNECTION_STEPS.indexOf(step));
    return {
      ok: message === null,
      passed: [...passed],
      failed: message === null ? null : { step, message },
      terminals: this.#terminals,
    };
  }

  async run(): Promise<void> {
    const { host, port } = this.#options.address;
    if (!host.startsWith('/')) {
      if (isIP(host) === 0) await lookup(host);
      this.#step = 'connect';
      await reach(host, port);
    }
    this.#step = 'connect';
    await this.#signIn();
    this.#step = 'tables';
    const installed = await this.#installedManifest();
    const manifest = installed ?? this.#options.manifest;
    await this.#requireTables(manifest);
    // Also where the rest fails: the form offers them.
    this.#terminals = await hqTerminals(this.#client, manifest);
    this.#step = 'version';
    await this.#requireVersion(installed !== null);
    this.#step = 'terminal';
    const { terminal } = this.#options;
    if (terminal !== null && !this.#terminals.some(({ code }) => code === terminal))
      throw new PayflowError('TERMINAL_UNKNOWN', { code: terminal });
  }

  /** Not awaited: a server that does not answer must not hold up the answer. */
  close(): void {
    void hangUp(this.#client);
  }

  /** Until the server has said something, it is the way there that does not work. */
  async #signIn(): Promise<void> {
    try {
      await this.#client.connect();
    } catch (error) {
      const failure = toPayflowError(error, this.#options.address);
      if (failure.code === 'HQ_TLS') this.#step = 'tls';
      // Whoever refuses a sign-in has understood what was said before it, encryption included.
      if (signIn.has(failure.code)) this.#step = 'login';
      throw failure;
    }
  }

  async #installedManifest(): Promise<Manifest | null> {
    try {
      return await readHqManifest(this.#client);
    } catch (error) {
      if (error instanceof PayflowError && error.code === 'HQ_NOT_INSTALLED') return null;
      throw sqlStateOf(error) === '42501'
        ? missingPrivilege('USAGE', 'payflow_sync', error)
        : error;
    }
  }

  async #requireTables({ schema, tables }: Manifest): Promise<void> {
    const names = Object.keys(tables);
    const { rows } = await this.#client.query<{ name: string; there: boolean; readable: boolean }>(
      `SELECT w.name, c.oid IS NOT NULL AS there,
              coalesce(has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'), false) AS readable
         FROM unnest($2::text[]) WITH ORDINALITY AS w (name, place)
         LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = $1
         LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = w.name AND c.relkind IN ('r', 'p')
        ORDER BY w.place`,
      [schema, names],
    );
    const missing = rows.find(({ there }) => !there);
    if (missing !== undefined) throw new PayflowError('HQ_TABLE_MISSING', { table: missing.name });
    const closed = rows.find(({ readable }) => !readable);
    if (closed !== undefined) throw missingPrivilege('SELECT', `${id(schema)}.${id(closed.name)}`);
  }

  async #requireVersion(installed: boolean): Promise<void> {
    const { rows } = await this.#client.query<{ version: number }>(
      `SELECT current_setting('server_version_num')::int AS version`,
    );
    const version = Math.floor((rows[0]?.version ?? 0) / 10_000);
    if (version < oldestMajor)
      throw new PayflowError('HQ_VERSION_UNSUPPORTED', { version, minimum: oldestMajor });
    if (version > newestMajor)
      throw new PayflowError('HQ_VERSION_UNKNOWN', {
        version,
        minimum: oldestMajor,
        maximum: newestMajor,
      });
    if (!installed) throw new PayflowError('HQ_NOT_INSTALLED');
  }
}

/** Opens a bare connection: what refuses here is not PostgreSQL but the way to it. */
function reach(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    socket.once('error', (error) => {
      socket.destroy();
      reject(error);
    });
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
  });
}

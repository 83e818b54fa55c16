/** The first that a cycle asks of HQ: which HQ it is and how its schema stands, and who the terminal is there (DESIGN 8.1). */
import type pg from 'pg';
import { PayflowError } from '../../shared/errors.ts';
import type { Manifest } from '../../shared/manifest.ts';
import type { Hello } from '../sync/ports.ts';
import { schemaStampSql } from './catalogue.ts';
import { HqClock } from './hq-clock.ts';
import { sqlStateOf } from './errors.ts';
import { manifestOf, readManifestText } from './hq-plan.ts';
import { id } from './identifiers.ts';
import { helloOf, INSTALLED_HQ, refuseOtherHq, type InstalledHq } from './identity.ts';
import type { KnownMigrations } from './migrations.ts';
import { ISO } from './read-back.ts';

/** What one answer has to be known for the next question. */
interface Names {
  /** The manifest as HQ holds it; what it says. */
  readonly text: string;
  readonly manifest: Manifest;
  /** The key column of the terminals' table. */
  readonly key: string;
}

type Facts = { server_time: string; stamp: string; key: string; read_only: boolean } & InstalledHq;

/** A name that no longer holds (class 42: undefined table, column, function, or no right to it). */
const NAME_IS_GONE = '42';

/** Says hello to one HQ again and again, and remembers what it was told. */
export class Greeter {
  readonly #migrations: KnownMigrations;
  #names: Names | null = null;
  #manifest: Manifest | null = null;

  constructor(migrations: KnownMigrations) {
    this.#migrations = migrations;
  }

  /** The stamp of the manifest HQ holds and of its tables in the catalogue: an expression. */
  stampSql(): string {
    return this.#manifest === null ? `''` : stampSql(this.#manifest);
  }

  /**
   * One question follows from another's answer, and next to always the answers are those of the last time: then all of
   * them leave at once, and a far HQ is waited for once instead of three times.
   */
  async hello(client: pg.PoolClient, code: string): Promise<Hello> {
    const before = this.#names;
    return (
      (before === null ? null : await this.#atOnce(client, code, before)) ??
      this.#inSteps(client, code)
    );
  }

  async #inSteps(client: pg.PoolClient, code: string): Promise<Hello> {
    this.#names = null;
    const text = await readManifestText(client);
    const manifest = manifestOf(text);
    this.#manifest = manifest;
    const clock = new HqClock();
    const facts = await this.#facts(client, manifest, clock);
    const seen = await terminalOf(client, { manifest, key: facts.key }, code);
    this.#names = { text, manifest, key: facts.key };
    return { ...answered(facts, clock), ...seen };
  }

  /** Null: HQ has been changed since, and is to be asked step by step. */
  async #atOnce(client: pg.PoolClient, code: string, names: Names): Promise<Hello | null> {
    const clock = new HqClock();
    const answers = await Promise.allSettled([
      readManifestText(client),
      this.#facts(client, names.manifest, clock),
      terminalOf(client, names, code),
    ]);
    const [text, facts, seen] = answers;
    if (text.status === 'fulfilled' && text.value !== names.text) return null;
    if (facts.status === 'fulfilled' && facts.value.key !== names.key) return null;
    const reason: unknown = answers.find((answer) => answer.status === 'rejected')?.reason;
    if (sqlStateOf(reason)?.startsWith(NAME_IS_GONE) === true) return null;
    if (facts.status === 'rejected' || seen.status === 'rejected' || text.status === 'rejected')
      throw reason;
    return { ...answered(facts.value, clock), ...seen.value };
  }

  /** Throws where this PayFlow cannot work with HQ's. */
  async #facts(client: pg.PoolClient, manifest: Manifest, clock: HqClock): Promise<Facts> {
    const askedAt = clock.ticks;
    const { rows } = await client.query<Facts>(
      `SELECT ${ISO('clock_timestamp()')} AS server_time, ${stampSql(manifest)} AS stamp,
              (SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                WHERE i.indrelid = $1::regclass AND i.indisprimary) AS key,
              ${INSTALLED_HQ},
              current_setting('transaction_read_only')::bool AS read_only`,
      [terminalsOf(manifest)],
    );
    const facts = rows[0];
    if (facts === undefined) throw new PayflowError('HQ_NOT_INSTALLED');
    clock.heard(facts.server_time, askedAt);
    refuseOtherHq(facts, this.#migrations);
    return facts;
  }
}

const answered = (
  { stamp, read_only: readOnly }: Facts,
  clock: HqClock,
): Pick<Hello, 'serverTime' | 'schemaStamp' | 'readOnly'> => ({
  serverTime: clock.now(),
  schemaStamp: stamp,
  readOnly,
});

function terminalOf(
  client: pg.PoolClient,
  { manifest, key }: Pick<Names, 'manifest' | 'key'>,
  code: string,
): ReturnType<typeof helloOf> {
  const { code: codeColumn, store } = manifest.terminals;
  const terminals = `${terminalsOf(manifest)} t WHERE t.${id(codeColumn)} = $1`;
  return helloOf(client, `t.${id(key)}::text`, `t.${id(store)}::text`, terminals, code);
}

const terminalsOf = ({ schema, terminals }: Manifest): string =>
  `${id(schema)}.${id(terminals.table)}`;

const stampSql = ({ schema, tables }: Manifest): string =>
  `(SELECT md5(body) FROM payflow_sync.manifest) || ${schemaStampSql(schema, Object.keys(tables))}`;

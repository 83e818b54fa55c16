import { PayflowError } from '../../shared/errors.ts';
import type { Plan, TablePlan } from '../../shared/plan.ts';
import { assignSql } from '../sync/codec.ts';
import type { BatchReply, BucketHash, HqRow, RemoteStore, RowOutcome } from '../sync/ports.ts';
import { textArray } from './array-param.ts';
import { linesOfBook, sumBook } from './books.ts';
import { IdleTime } from './idle-time.ts';
import { appliedEntries, claimTerminal, heartbeat } from './identity.ts';
import type { Connections } from './connection.ts';
import { loadHqPlan } from './hq-plan.ts';
import { id, qualified } from './identifiers.ts';
import { ISO, lastEditSql } from './read-back.ts';
import type { KnownMigrations } from './migrations.ts';
import { readFeed } from './read-feed.ts';
import { saveCheckpoints } from './checkpoints.ts';
import { saveLiveness } from './liveness.ts';
import { RunLog } from './record-run.ts';
import { keyIn, rowSql } from './row-sql.ts';
import { Greeter } from './say-hello.ts';
import { sendBatch, type SendContext } from './send-batch.ts';
import { streamBuckets, streamHashes, streamRows } from './stream.ts';

/** A sequence further behind its table than these two make is broken: somebody has to set it. */
const MAX_DRAWS = 20;
const DRAWN_AT_ONCE = 1000;

/** HQ as the engine's `RemoteStore`, over the connections it is given. `known`: what this PayFlow has for HQ. */
export function createRemoteStore(
  connections: Connections,
  { appVersion, known }: { readonly appVersion: string; readonly known: KnownMigrations },
): RemoteStore {
  const greeter = new Greeter(known);
  const runLog = new RunLog();
  let shop: SendContext | null = null;
  const current = (): SendContext => {
    if (shop === null) throw new Error('the plan is not known yet');
    return shop;
  };

  const read = (table: TablePlan, where: string, values: unknown[]): Promise<HqRow[]> =>
    connections.use(async (client) => {
      const sql = rowSql(current().plan, table);
      const { rows } = await client.query<(string | null)[]>({
        text: `SELECT ${sql.select} ${sql.from} WHERE ${where}`,
        values,
        rowMode: 'array',
      });
      return rows.map(([key, hash, ...rest]) => ({
        key: key ?? '',
        hash: hash ?? '',
        values: rest,
      }));
    });
  const visible = (table: TablePlan, place: string): string =>
    rowSql(current().plan, table).visibleTo(`${place}::text[]`);
  const scopes = (): string => textArray(current().scopes);

  return {
    hello: (code) => connections.use((client) => greeter.hello(client, code)),
    loadPlan: () => connections.use(loadHqPlan),
    use(plan: Plan, seen) {
      const byName = new Map(plan.tables.map((table) => [table.name, table]));
      shop = {
        plan,
        scopes: seen,
        table: (name) => {
          const table = byName.get(name);
          if (table === undefined) throw new Error(`no table ${name} in the plan`);
          return table;
        },
      };
    },
    register: (terminal, code, epoch) =>
      connections.use(async (client) => {
        const { rows } = await client.query<{ bound: string }>(
          'SELECT payflow_sync.register($1, $2, $3)::text AS bound',
          [terminal, code, epoch],
        );
        return rows[0]?.bound ?? '0';
      }),
    readFeed: (cursors, limit) =>
      connections.use((client) =>
        readFeed(client, greeter.stampSql(), current().scopes, cursors, limit),
      ),
    readRows: (table, keys) =>
      keys.length === 0
        ? Promise.resolve([])
        : read(table, `${keyIn(table, 't', '$1::text[]')} AND ${visible(table, '$2')}`, [
            textArray(keys),
            scopes(),
          ]),
    readAnyRows: (table, keys) =>
      keys.length === 0
        ? Promise.resolve([])
        : read(table, keyIn(table, 't', '$1::text[]'), [textArray(keys)]),
    editTimes: (table, keys) =>
      connections.use(async (client) => {
        if (keys.length === 0) return new Map();
        const { rows } = await client.query<{ key: string; at: string; by: string | null }>(
          `SELECT k.key, ${ISO('coalesce(f.edited_at, (SELECT floor_at FROM payflow_sync.meta))')} AS at, f.origin AS by
             FROM unnest($2::text[]) k(key) LEFT JOIN LATERAL (${lastEditSql('$1', 'k.key')}) f ON true`,
          [table.name, textArray(keys)],
        );
        return new Map(rows.map(({ key, at, by }) => [key, { at, by }]));
      }),
    scopesOf: (table, keys) =>
      connections.use(async (client) => {
        const sql = rowSql(current().plan, table);
        const { rows } = await client.query<{ key: string; seen: boolean }>(
          `SELECT ${sql.key} AS key, coalesce(${visible(table, '$2')}, false) AS seen ${sql.from} WHERE ${keyIn(table, 't', '$1::text[]')}`,
          [textArray(keys), scopes()],
        );
        return new Map(rows.map((row) => [row.key, row.seen]));
      }),
    async readChildren(table, column, keys) {
      const plan = table.columns.find((candidate) => candidate.hq === column);
      const key = plan === undefined ? 'k.key' : assignSql(plan, 'k.key');
      const rows = await read(
        table,
        `t.${id(column)} = ANY (ARRAY(SELECT ${key} FROM unnest($1::text[]) k(key))) AND ${visible(table, '$2')}`,
        [textArray(keys), scopes()],
      );
      // Asked after the rows were read: whoever could have written a child beside that snapshot has a lower id.
      const nextXid = await connections.use(async (client) => {
        const answer = await client.query<{ xid: string }>(
          'SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS xid',
        );
        return answer.rows[0]?.xid ?? '0';
      });
      return { rows, nextXid };
    },
    streamRows: (table, after) =>
      lent(connections, (client) =>
        streamRows(client, current().plan, current().scopes, table, after),
      ),
    streamHashes: (table, only = null) =>
      lent(connections, (client) =>
        streamHashes(client, current().plan, current().scopes, table, only),
      ),
    async bucketHashes(table, digits) {
      const buckets: [string, BucketHash][] = [];
      const lines = lent(connections, (client) =>
        streamBuckets(client, current().plan, current().scopes, table, digits),
      );
      for await (const page of lines) buckets.push(...page);
      return new Map(buckets);
    },
    sumBook: (book, aside) =>
      connections.use((client) => sumBook(client, current().plan, current().scopes, book, aside)),
    linesOfBook: (book, aside, group) =>
      connections.use((client) =>
        linesOfBook(client, current().plan, current().scopes, book, aside, group),
      ),
    keysBehind: (table, cursor, keys) =>
      connections.use(async (client) => {
        if (keys.length === 0) return new Set();
        const { rows } = await client.query<{ key: string }>(
          `SELECT DISTINCT f.key FROM unnest($2::text[]) k
             JOIN payflow_sync.feed f ON hashtext(f.key) = hashtext(k) AND f.key = k
            WHERE f.tbl = $1 AND (f.xid, f.seq) > ($3::xid8, $4::bigint)`,
          [table.name, textArray(keys), cursor.xid, cursor.seq],
        );
        return new Set(rows.map(({ key }) => key));
      }),
    drawKeys: (table, count) =>
      connections.use(async (client) => {
        if (table.keySequence === null)
          throw new PayflowError('KEY_NOT_DRAWN', { table: table.name });
        const keys: string[] = [];
        for (let round = 0; keys.length < count && round < MAX_DRAWS; round += 1) {
          // HQ's programs and imports that number rows themselves leave the sequence behind: such numbers are taken.
          const { rows } = await client.query<{ key: string }>(
            `SELECT drawn.key::text FROM (SELECT nextval($1::regclass) AS key FROM generate_series(1, $2)) drawn
              WHERE NOT EXISTS (SELECT 1 FROM ${qualified(table)} t WHERE t.${id(table.key[0] ?? '')} = drawn.key)`,
            [table.keySequence, Math.max(count - keys.length, round * DRAWN_AT_ONCE)],
          );
          keys.push(...rows.map((row) => row.key));
        }
        if (keys.length < count) throw new PayflowError('KEY_NOT_DRAWN', { table: table.name });
        return keys.slice(0, count);
      }),
    async send(batch, meanwhile) {
      const idle = new IdleTime(meanwhile);
      let reply: BatchReply;
      try {
        reply = await connections.use((client) => sendBatch(client, current(), batch, idle));
      } catch (error) {
        // HQ's failure is the one to tell of, and to wait for.
        await idle.end().catch(() => undefined);
        throw error;
      }
      await idle.end();
      return reply;
    },
    outcomeOf: (batch) =>
      connections.use(async (client): Promise<BatchReply> => {
        const { rows } = await client.query<{ outcome: RowOutcome[] }>(
          'SELECT outcome FROM payflow_sync.upload_outcome WHERE terminal = $1 AND epoch = $2 AND batch = $3',
          [batch.terminal, batch.epoch, batch.number],
        );
        const outcome = rows[0]?.outcome;
        if (outcome === undefined)
          throw new PayflowError('UPLOAD_OUTCOME_LOST', { batch: batch.number });
        return { number: batch.number, outcomes: outcome, rows: [], ownXid: null };
      }),
    claim: (claim) => connections.use((client) => claimTerminal(client, claim)),
    appliedEntries: (terminal, ids) =>
      connections.use((client) => appliedEntries(client, terminal, ids)),
    heartbeat: (beat) => connections.use((client) => heartbeat(client, beat, appVersion)),
    purge: () =>
      connections.use(async (client) => {
        await client.query('SELECT payflow_sync.purge_if_due()');
      }),
    recordRun: (run) => connections.use((client) => runLog.record(client, current().plan, run)),
    saveCheckpoints: (terminal, checkpoints) =>
      connections.use((client) => saveCheckpoints(client, current().plan, terminal, checkpoints)),
    saveLiveness: (terminal, values) =>
      connections.use((client) => {
        const context = current();
        const table = context.table(context.plan.terminals.table);
        return saveLiveness(client, table, terminal, values);
      }),
  };
}

/** Streams over a connection of its own; it is given back when the reader is done or gives up. */
async function* lent<T>(
  connections: Connections,
  stream: (client: Parameters<Parameters<Connections['use']>[0]>[0]) => AsyncIterable<T>,
): AsyncGenerator<T> {
  const client = await connections.lend();
  try {
    yield* stream(client.client);
    client.giveBack(false);
  } catch (error) {
    throw connections.failure(error);
  } finally {
    client.giveBack(true);
  }
}

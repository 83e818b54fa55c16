/**
 * Ways to build the engine wrong, as parts that the tests put in the place of its own: the engine has no switch. Each must be
 * caught by the machine; `history` is a short one that does it, `shows` what it must then say.
 */
import type pg from 'pg';
import { PayflowError } from '../../shared/errors.ts';
import type { Plan } from '../../shared/plan.ts';
import type { EnginePorts } from '../../electron/sync/engine.ts';
import type { CursorRow, LocalStore } from '../../electron/sync/local-port.ts';
import type {
  Cursor,
  FeedEntry,
  FeedPage,
  FeedRead,
  HqRow,
  RemoteStore,
} from '../../electron/sync/ports.ts';
import type { History, Step } from './history.ts';
import type { Mutate } from './till.ts';

export interface Mutant {
  readonly name: string;
  readonly mutate: Mutate;
  readonly history: History;
  readonly shows: RegExp;
}

/** One that needs nothing of the simulation but HQ. */
type CursorMutate = (ports: EnginePorts, tools: { readonly hq: pg.Client }) => EnginePorts;

const withLocal = (ports: EnginePorts, local: Partial<LocalStore>): EnginePorts => ({
  ...ports,
  local: { ...ports.local, ...local },
});

const withRemote = (ports: EnginePorts, remote: Partial<RemoteStore>): EnginePorts => ({
  ...ports,
  remote: { ...ports.remote, ...remote },
});

/** Looks at what the feed answers, or changes it. */
const readFeed =
  (change: (read: FeedRead) => FeedRead | Promise<FeedRead>): CursorMutate =>
  (ports) =>
    withRemote(ports, {
      readFeed: async (cursors, limit) => change(await ports.remote.readFeed(cursors, limit)),
    });

const eachPage = (read: FeedRead, change: (page: FeedPage) => Partial<FeedPage>): FeedRead => ({
  ...read,
  pages: read.pages.map((page) => ({ ...page, ...change(page) })),
});

/** The feed by `seq > last`, of all that is visible or only of what is final. */
const bySequence =
  (onlyFinal: boolean): CursorMutate =>
  (ports, { hq }) => {
    let scopes: readonly string[] = [];
    return withRemote(ports, {
      use: (plan, seen) => {
        scopes = seen;
        ports.remote.use(plan, seen);
      },
      readFeed: async (cursors, limit) => {
        const read = await ports.remote.readFeed(cursors, limit);
        const entries = await entriesBehind(hq, cursors, scopes, onlyFinal);
        const pages = [...cursors.keys()].map((table): FeedPage => {
          const ofTable = entries.filter((entry) => entry.table === table);
          return { table, entries: ofTable, full: ofTable.length > 0 };
        });
        // A bound of nothing leaves the cursor where the last entry was.
        return { ...read, bound: '0', pages };
      },
    });
  };

/** In one question, as the engine asks: a reader that cannot keep up comes when all is committed, and loses nothing. */
async function entriesBehind(
  hq: pg.Client,
  cursors: ReadonlyMap<string, Cursor>,
  scopes: readonly string[],
  onlyFinal: boolean,
): Promise<(FeedEntry & { readonly table: string })[]> {
  const { rows } = await hq.query<FeedEntry & { readonly table: string }>(
    `SELECT c.tbl AS "table", f.* FROM unnest($1::text[], $2::bigint[]) c(tbl, seq) CROSS JOIN LATERAL (
       SELECT xid::text, seq::text, op::text, key, was, to_char(edited_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "editedAt"
         FROM payflow_sync.feed f WHERE f.tbl = c.tbl AND f.seq > c.seq AND scope = ANY ($3)
          AND ($4 OR xid < pg_snapshot_xmin(pg_current_snapshot())) ORDER BY f.seq LIMIT 500) f`,
    [[...cursors.keys()], [...cursors.values()].map(({ seq }) => seq), scopes, !onlyFinal],
  );
  return rows;
}

/** A removal is believed without a second look at the row. */
const withoutSecondLook: Mutate = (ports) => {
  const removed = new Set<string>();
  return withRemote(ports, {
    readFeed: async (cursors, limit) => {
      const read = await ports.remote.readFeed(cursors, limit);
      removed.clear();
      for (const { table, entries } of read.pages)
        for (const { op, key } of entries)
          if (op === 'D' || op === 'R') removed.add(`${table}:${key ?? ''}`);
      return read;
    },
    readRows: async (table, keys) =>
      (await ports.remote.readRows(table, keys)).filter(
        ({ key }) => !removed.has(`${table.name}:${key}`),
      ),
  });
};

/** A held row is put in as it was when it was held, whatever has become of it. */
const latePayload: Mutate = (ports) => {
  const lastRead = new Map<string, HqRow>();
  const payloads = new Map<string, HqRow>();
  return {
    ...withRemote(ports, {
      readRows: async (table, keys) =>
        (await ports.remote.readRows(table, keys)).map((row) => {
          const name = `${table.name}:${row.key}`;
          lastRead.set(name, row);
          return payloads.get(name) ?? row;
        }),
    }),
    local: {
      ...ports.local,
      hold: (held) => {
        const name = `${held.table}:${held.id}`;
        const row = lastRead.get(name);
        if (row !== undefined && !payloads.has(name)) payloads.set(name, row);
        ports.local.hold(held);
      },
      release: (table, id, direction) => {
        payloads.delete(`${table}:${id}`);
        ports.local.release(table, id, direction);
      },
    },
  };
};

/** Feed entries are skipped because this terminal has caused them, stored or not. */
const skipByOrigin: Mutate = (ports, { hq, place }) =>
  withRemote(ports, {
    readFeed: async (cursors, limit) => {
      const read = await ports.remote.readFeed(cursors, limit);
      const { rows } = await hq.query<{ seq: string }>(
        'SELECT seq::text FROM payflow_sync.feed WHERE origin = ANY ($1)',
        [[place.code, place.key]],
      );
      const own = new Set(rows.map(({ seq }) => seq));
      return eachPage(read, ({ entries }) => ({
        entries: entries.filter(({ seq }) => !own.has(seq)),
      }));
    },
  });

/** HQ's gate lets a batch in again. */
const openGate: Mutate = (ports, { hq }) =>
  withRemote(ports, {
    send: async (batch, meanwhile) => {
      try {
        return await ports.remote.send(batch, meanwhile);
      } catch (error) {
        if (!(error instanceof PayflowError) || error.code !== 'UPLOAD_ALREADY_APPLIED')
          throw error;
        await hq.query(
          'UPDATE payflow_sync.upload SET last_batch = $1 WHERE terminal = $2 AND epoch = $3',
          [batch.number - 1, batch.terminal, batch.epoch],
        );
        await hq.query(
          'DELETE FROM payflow_sync.upload_entry WHERE batch = $1 AND terminal = $2 AND epoch = $3',
          [batch.number, batch.terminal, batch.epoch],
        );
        return await ports.remote.send(batch, meanwhile);
      }
    },
  });

/** A page's cursors are saved although its rows were not. */
const cursorFirst: Mutate = (ports) => {
  let saved: CursorRow[] = [];
  return withLocal(ports, {
    saveCursor: (cursor) => {
      saved.push(cursor);
      ports.local.saveCursor(cursor);
    },
    write: (work, options) => {
      saved = [];
      try {
        return ports.local.write(work, options);
      } catch (error) {
        ports.local.write(() => {
          for (const cursor of saved) ports.local.saveCursor(cursor);
        });
        throw error;
      }
    },
  });
};

/** Stock and other sums are merged as if the last writer had counted everything. */
const lastWriterStock: Mutate = (ports) => {
  const wrong = (plan: Plan): Plan => ({
    ...plan,
    fingerprint: `${plan.fingerprint} last writer`,
    tables: plan.tables.map((table) => ({
      ...table,
      columns: table.columns.map((column) =>
        column.strategy === 'add' ? { ...column, strategy: 'newest' } : column,
      ),
    })),
  });
  return withLocal(
    withRemote(ports, { loadPlan: async () => wrong(await ports.remote.loadPlan()) }),
    {
      meta: (name) => {
        const value = ports.local.meta(name);
        return name === 'plan' && value !== null
          ? JSON.stringify(wrong(JSON.parse(value) as Plan))
          : value;
      },
    },
  );
};

const sync = (terminal: number, rest: Partial<Extract<Step, { sync: number }>> = {}): Step => ({
  sync: terminal,
  direction: 'both',
  table: null,
  fault: null,
  ...rest,
});

const sellTo = (terminal: number, customer: number | null): Step => ({
  at: terminal,
  pos: { do: 'sell', product: 0, quantity: 2, customer, split: false },
});

/** Kim is the first customer by code. */
const KIM = 0;
const renameSale = { do: 'rename', table: 1, row: 0, other: null } as const;
const countStock = { do: 'count', counter: 0, row: 0, by: -1 } as const;
const company = (...steps: readonly Step[]): History => ({ terminals: 2, steps });

/** Cursors that lose what others write beside them (DESIGN 3.3). */
export const CURSOR_MUTANTS: Readonly<Record<string, CursorMutate>> = {
  'the cursor is seq > last': bySequence(false),
  'the cursor is seq > last behind the bound': bySequence(true),
  'the cursor is the bare bound, also after a full page': readFeed((read) =>
    eachPage(read, () => ({ full: false })),
  ),
};

const cursorMutant = (name: string): Pick<Mutant, 'name' | 'mutate'> => {
  const mutate = CURSOR_MUTANTS[name];
  if (mutate === undefined) throw new Error(`no mutant "${name}"`);
  return { name, mutate };
};

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'the batch record is dropped',
    mutate: (ports) => withLocal(ports, { openBatch: () => null }),
    history: company(
      { at: 0, pos: countStock },
      sync(0, { fault: { do: 'cut-send', call: 1, when: 'after' } }),
    ),
    shows: /stock_quantity P1 is 98 at HQ, not 99/,
  },
  {
    name: 'a batch whose outcome is unknown counts as sent',
    mutate: (ports) =>
      withLocal(ports, {
        openBatch: () => {
          const open = ports.local.openBatch();
          return open === null ? null : { ...open, answer: { ownXid: null } };
        },
      }),
    history: company(
      sellTo(0, null),
      sync(0, { fault: { do: 'cut-send', call: 1, when: 'before' } }),
    ),
    shows: /sale T1-1 is at HQ 0 times|the cycle of T1 failed/,
  },
  {
    name: 'the gate lets every batch in',
    mutate: openGate,
    history: company(
      { at: 0, pos: countStock },
      sync(0, { fault: { do: 'cut-send', call: 1, when: 'after' } }),
    ),
    shows: /stock_quantity P1 is 98 at HQ, not 99/,
  },
  {
    ...cursorMutant('the cursor is seq > last'),
    history: company(
      { hq: { do: 'open-customer', session: 0, code: 1 } },
      { hq: { do: 'edit', field: 2, row: 0 } },
      sync(0),
      { hq: { do: 'commit', session: 0 } },
    ),
    shows: /T1 lacks customers:hq-C1/,
  },
  {
    ...cursorMutant('the cursor is seq > last behind the bound'),
    history: company(
      { hq: { do: 'open-customer', session: 0, code: 1 } },
      { hq: { do: 'open-customer', session: 1, code: 1 } },
      { hq: { do: 'open-customer', session: 0, code: 2 } },
      { hq: { do: 'commit', session: 0 } },
      sync(0),
      { hq: { do: 'commit', session: 1 } },
    ),
    shows: /T1 lacks customers:hq-C112/,
  },
  {
    ...cursorMutant('the cursor is the bare bound, also after a full page'),
    history: company({ hq: { do: 'prices' } }),
    shows: /T1 products:p\d: selling_price is/,
  },
  {
    name: 'the cursor is the transaction of the last entry',
    mutate: (ports) =>
      withRemote(ports, {
        readFeed: (cursors, limit) =>
          ports.remote.readFeed(
            new Map(
              [...cursors].map(([table, { xid }]) => [table, { xid, seq: '9223372036854775807' }]),
            ),
            limit,
          ),
      }),
    history: company({ hq: { do: 'prices' } }),
    shows: /T1 products:p\d: selling_price is/,
  },
  {
    name: 'the cursor is saved before the rows',
    mutate: cursorFirst,
    history: company(
      { hq: { do: 'edit', field: 0, row: 0 } },
      sync(0, { fault: { do: 'kill', step: 'download:before-commit' } }),
    ),
    shows: /T1 products:p1: name is/,
  },
  {
    name: 'an acknowledgement clears all entries of a row',
    mutate: (ports) =>
      withLocal(ports, {
        acknowledge: (table, batch, rows) => {
          ports.local.acknowledge(table, batch, rows, Number.MAX_SAFE_INTEGER);
          const upto = Number.MAX_SAFE_INTEGER;
          ports.local.dropEntries(
            table,
            rows.map(({ localId }) => ({ localId, upto })),
          );
        },
      }),
    history: company(
      sellTo(0, null),
      sync(0, { fault: { do: 'pos', step: 'upload:after-send', write: countStock } }),
    ),
    shows: /stock_quantity P1 is 98 at HQ, not 97/,
  },
  {
    name: 'an open batch keeps the old names of its rows',
    mutate: (ports) => withLocal(ports, { underNewNames: (batch) => batch }),
    history: company(
      sellTo(0, null),
      sync(0, { fault: { do: 'pos', step: 'upload:after-send', write: renameSale } }),
    ),
    shows: /sale T1-1 is at HQ 2 times/,
  },
  {
    name: 'a row that HQ refuses is skipped',
    mutate: (ports) =>
      withRemote(ports, {
        send: async (batch, meanwhile) => {
          const reply = await ports.remote.send(batch, meanwhile);
          return {
            ...reply,
            outcomes: reply.outcomes.filter(({ result }) => result === 'changed'),
          };
        },
      }),
    history: company(
      { hq: { do: 'add-customer', code: 1 } },
      { at: 0, pos: { do: 'add-customer', code: 1 } },
      sync(0, { direction: 'pull' }),
    ),
    shows: /T1 has customers:.*, which HQ has not/,
  },
  {
    name: 'the last writer sets the stock',
    mutate: lastWriterStock,
    history: company({ at: 0, pos: countStock }, { at: 1, pos: countStock }, sync(0), sync(1)),
    shows: /stock_quantity P1 is 99 at HQ, not 98/,
  },
  {
    name: 'increments count from the first base after a rebase',
    mutate: (ports) => withLocal(ports, { bases: () => new Map() }),
    history: company({ at: 0, pos: countStock }, { at: 1, pos: countStock }, sync(0), sync(1)),
    shows: /stock_quantity P1 is 97 at HQ, not 98/,
  },
  {
    name: 'a row is removed without a second look',
    mutate: withoutSecondLook,
    history: company({ hq: { do: 'add-customer', code: 1 } }, sync(0), {
      hq: { do: 'remake-customer', row: 0 },
    }),
    shows: /T1 lacks customers:hq-C1/,
  },
  {
    name: 'the payload of a held row is applied late',
    mutate: latePayload,
    history: company(
      { hq: { do: 'add-category', parent: 0 } },
      { hq: { do: 'hang-product', product: 0, category: 2 } },
      sync(0, { direction: 'push', table: 0 }),
      { hq: { do: 'edit', field: 0, row: 0 } },
    ),
    shows: /T1 products:p1: name is/,
  },
  {
    name: 'own entries are skipped by their origin',
    mutate: skipByOrigin,
    history: company(
      sellTo(1, KIM),
      sync(1, { fault: { do: 'cut-send', call: 1, when: 'after' } }),
    ),
    shows: /T2 customers:k1: loyalty_points is/,
  },
  {
    name: 'own entries are skipped without storing what HQ made of them',
    mutate: (ports) =>
      withRemote(ports, {
        send: async (batch, meanwhile) => ({
          ...(await ports.remote.send(batch, meanwhile)),
          rows: [],
        }),
      }),
    history: company(sellTo(1, KIM), sync(1)),
    shows: /T2 customers:k1: loyalty_points is/,
  },
];

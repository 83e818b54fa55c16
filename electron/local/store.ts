import type { Plan } from '../../shared/plan.ts';
import type { LocalStore } from '../sync/local-port.ts';
import { acknowledgeStore } from './acknowledge-store.ts';
import { cursorStore } from './cursor-store.ts';
import { localError, storedError } from './errors.ts';
import { gateStore } from './gate-store.ts';
import { ledgerStore } from './ledger-store.ts';
import { moveLog } from './move-log.ts';
import { movedKeys } from './moved-keys.ts';
import type { WritableDb } from './open.ts';
import { outboxStore } from './outbox-store.ts';
import { oversoldStore } from './oversold.ts';
import { ownRules } from './own-rules.ts';
import { rowStore, type Shop } from './row-store.ts';
import { scanStore } from './scan-store.ts';
import { preparer } from './statements.ts';
import { unnamedStore } from './unnamed.ts';

/** payflow.db as the engine's `LocalStore`, over one connection. SQLite's errors leave as PayflowError. */
export function createLocalStore(db: WritableDb, now: () => string): LocalStore {
  let shop: Shop | null = null;
  const currentShop = (): Shop => {
    if (shop === null) throw new Error('the plan is not known yet');
    return shop;
  };
  const context = { prepare: preparer(db), now };
  const begin = context.prepare('BEGIN IMMEDIATE');
  const setApplying = context.prepare('UPDATE sync_session SET applying = ?');

  const inTransaction = <T>(start: () => void, work: () => T): T => {
    if (db.inTransaction) return work();
    try {
      start();
      const result = work();
      db.exec('COMMIT');
      return result;
    } catch (error) {
      if (db.inTransaction) db.exec('ROLLBACK');
      throw localError(error, db.name);
    }
  };

  const applying = <T>(work: () => T): T =>
    inTransaction(
      () => {
        begin.run();
        setApplying.run(1);
      },
      () => {
        const result = work();
        setApplying.run(0);
        return result;
      },
    );
  const unflushed = <T>(work: () => T): T => {
    db.pragma('synchronous = NORMAL');
    try {
      return work();
    } finally {
      db.pragma('synchronous = FULL');
    }
  };

  const rows = rowStore(context, currentShop);
  /** local_id of this terminal's own row; its HQ key until that row has arrived. */
  const ownTerminal = (): string => {
    const { plan, terminal } = currentShop();
    const table = plan.tables.find(({ name }) => name === plan.terminals.table);
    return table === undefined
      ? terminal
      : (rows.known(table, [terminal]).get(terminal)?.localId ?? terminal);
  };

  let wroteSinceTidy = false;
  const parts = {
    ...cursorStore(context, () => currentShop().plan),
    ...ledgerStore(context),
    ...gateStore(context),
    ...oversoldStore(context),
    ...outboxStore(context, () => currentShop().plan),
    ...acknowledgeStore(context, ownTerminal),
    ...movedKeys(context, () => currentShop().plan),
    ...rows,
    ...ownRules(db, context),
    ...scanStore(context, rows),
    ...unnamedStore(context),
  };

  return {
    ...withOurErrors(parts, db.name),
    // A generator fails where it is walked.
    *scan(table) {
      try {
        yield* rows.scan(table);
      } catch (error) {
        throw storedError(error, db.name);
      }
    },
    snapshot: async (work) => {
      if (db.inTransaction) throw new Error('a snapshot inside a transaction');
      db.exec('BEGIN');
      try {
        return await work();
      } catch (error) {
        throw localError(error, db.name);
      } finally {
        if (db.inTransaction) db.exec('COMMIT');
      }
    },
    read: (work) =>
      inTransaction(() => {
        db.exec('BEGIN');
      }, work),
    write: (work, { flush = true } = {}) => {
      if (db.inTransaction) throw new Error('write inside a transaction');
      wroteSinceTidy = true;
      return flush ? applying(work) : unflushed(() => applying(work));
    },
    tidyLog: () => {
      if (!wroteSinceTidy) return;
      wroteSinceTidy = false;
      moveLog(db);
    },
    use: (plan: Plan, terminal) => {
      shop = { plan, terminal: terminal.key };
    },
  };
}

/** Calls outside a transaction fail with our codes too. */
function withOurErrors<Parts extends object>(parts: Parts, file: string): Parts {
  const guarded = Object.entries(parts).map(
    ([name, call]: [string, (...given: unknown[]) => unknown]) => [
      name,
      (...given: unknown[]) => {
        try {
          return call.apply(parts, given);
        } catch (error) {
          throw storedError(error, file);
        }
      },
    ],
  );
  return Object.fromEntries(guarded) as Parts;
}

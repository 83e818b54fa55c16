/** The contract's lists and what a person does with them, over the calls that run in the threads. */
import { PayflowError } from '../../shared/errors.ts';
import type { RowDirection } from '../../shared/rows.ts';
import type { RowDetail } from '../../shared/views.ts';
import type { RowName } from './app-types.ts';
import type { DeskCalls, DeskServiceDeps, DetailFound } from './desk-types.ts';
import { heldFile, runsFile } from './exports.ts';
import { logTail } from './log-tail.ts';
import type { Refs, Target } from './refs.ts';

type ListCalls = Omit<
  DeskCalls,
  'settings' | 'saveSettings' | 'testConnection' | 'setup' | 'finishSetup' | 'startDemo'
>;

/** More than a person reads; a list of this length says that something else is wrong. */
const mostExported = 100_000;
const runsAtOnce = 200;
const mostRuns = 10_000;
/** Reasons for which the parent itself is not what is missing. */
const notFetched: ReadonlySet<string> = new Set(['children', 'confirm', 'pending']);

export function listCalls(deps: DeskServiceDeps, refs: Refs): ListCalls {
  const { desk } = deps;
  const retry = (rows: readonly RowName[], fetch: readonly RowName[] = []) =>
    deps.requestCycle({ direction: 'both', retry: rows, fetch });
  const named = ({
    key: { table, id },
  }: Extract<Target, { kind: 'held' | 'rejected' }>): RowName => ({
    table,
    id,
  });
  const listedRow = (ref: string) => {
    try {
      return refs.find('held', ref);
    } catch {
      return refs.find('rejected', ref);
    }
  };
  const askedRows = (ref: string): { table: string; direction: RowDirection } => {
    try {
      const { table, direction } = refs.find('confirm', ref);
      return { table, direction };
    } catch {
      const { key, why } = refs.find('group', ref);
      if (why !== 'confirm')
        throw new PayflowError('REMOVAL_NOT_ASKED', { table: key.parentTable });
      return { table: key.parentTable, direction: key.direction };
    }
  };
  return {
    async heldGroups(page) {
      const { rows, total } = await desk.heldGroups(page);
      const nextTryAt = deps.nextRunAt();
      return {
        rows: rows.map(({ key, why, ...facts }) => ({
          ref: refs.give({ kind: 'group', key, why }),
          ...key,
          why,
          ...facts,
          nextTryAt,
        })),
        total,
      };
    },
    async heldRows({ group, ...page }) {
      const key = group === null ? null : refs.find('group', group).key;
      const { rows, total } = await desk.heldRows({ ...page, group: key });
      return {
        rows: rows.map(({ key: row, ...facts }) => ({
          ref: refs.give({ kind: 'held', key: row }),
          ...row,
          ...facts,
        })),
        total,
      };
    },
    async rejectedRows(page) {
      const { rows, total } = await desk.rejectedRows(page);
      return {
        rows: rows.map(({ key, ...facts }) => ({
          ref: refs.give({ kind: 'rejected', key }),
          ...key,
          ...facts,
        })),
        total,
      };
    },
    async heldRow({ ref }) {
      return detailOf(ref, await desk.heldRow(refs.find('held', ref).key));
    },
    async rejectedRow({ ref }) {
      const found = await desk.rejectedRow(refs.find('rejected', ref).key);
      return { ...detailOf(ref, found), editable: found?.editable ?? [] };
    },
    async retryRows({ refs: asked, group }) {
      const rows = asked?.map((ref) => named(listedRow(ref))) ?? [];
      const waiters =
        group === undefined ? [] : await desk.waitersOf(refs.find('group', group).key);
      if (asked !== undefined || group !== undefined) return retry([...rows, ...waiters]);
      const all = (await desk.listed({ limit: mostExported })).filter(
        // What waits for a person's yes is not tried.
        ({ missing }) => missing.every(({ why }) => why !== 'confirm'),
      );
      return retry(all.map(({ key: { table, id } }) => ({ table, id })));
    },
    async fetchParent({ group }) {
      const { key, why } = refs.find('group', group);
      const parent = { table: key.parentTable, id: key.parentId };
      const waiters = await desk.waitersOf(key);
      if (notFetched.has(why)) return retry(waiters);
      // A parent of this terminal's own is not fetched but sent: it is tried whatever stood against it.
      return key.direction === 'download' ? retry(waiters, [parent]) : retry([parent, ...waiters]);
    },
    async editRejected({ ref, values }) {
      const { key } = refs.find('rejected', ref);
      await desk.editRejected({ key, values });
      return retry([{ table: key.table, id: key.id }]);
    },
    async exportHeld() {
      const rows = await desk.listed({ limit: mostExported });
      return heldFile(rows, deps.catalogue, new Date());
    },
    async confirmQuestions() {
      return (await desk.removals()).map(({ since, ...question }) => ({
        ref: refs.give({
          kind: 'confirm',
          table: question.table,
          direction: question.direction,
        }),
        ...question,
        since: Date.parse(since),
      }));
    },
    async answerConfirm({ ref, answer }) {
      await desk.answerRemovals({ ...askedRows(ref), answer });
      deps.changed(['held']);
      return retry([]);
    },
    async conflicts(asked) {
      const { rows, total } = await desk.conflicts(asked);
      return {
        rows: rows.map((row) => ({ ...row, ref: refs.give({ kind: 'conflict', id: row.id }) })),
        total,
      };
    },
    async resolveConflict({ ref, keep }) {
      const { changed } = await desk.resolveConflict({ id: refs.find('conflict', ref).id, keep });
      deps.changed(['conflicts']);
      return changed ? retry([]) : { queued: false };
    },
    oversold: (page) => desk.oversold(page),
    findReceipt: (asked) => desk.findReceipt(asked),
    runs: (asked) => desk.runs(asked),
    notices: (page) => desk.notices(page),
    async dismissNotice(asked) {
      await desk.dismissNotice(asked);
      deps.changed(['notices']);
      return null;
    },
    runPoints: () => desk.runPoints(),
    async exportRuns({ format }) {
      const runs = [];
      for (let offset = 0; offset < mostRuns; offset += runsAtOnce) {
        const { rows } = await desk.runs({ offset, limit: runsAtOnce, status: 'all' });
        runs.push(...rows);
        if (rows.length < runsAtOnce) break;
      }
      return runsFile(runs, format, deps.catalogue, new Date());
    },
    logTail: () => Promise.resolve({ lines: logTail(deps.logPath()) }),
    async openLog() {
      if (deps.desktop === undefined) throw new PayflowError('NOT_ON_THIS_SURFACE');
      await deps.desktop.openLog(deps.logPath());
      return null;
    },
    lastBooks: () => Promise.resolve(deps.lastBooks()),
    lastCheck() {
      const check = deps.lastCheck();
      if (check === null) return Promise.resolve(null);
      const tables = check.tables.map(({ table, differing, ...counts }) => ({
        ref: refs.give({ kind: 'table', table }),
        table,
        ...counts,
        differing: differing.length,
      }));
      return Promise.resolve({ ...check, tables });
    },
    async differingRows({ table: ref, offset, limit }) {
      const { table } = refs.find('table', ref);
      const differing = deps.lastCheck()?.tables.find((one) => one.table === table)?.differing;
      if (differing === undefined) throw new PayflowError('REF_STALE');
      const ids = differing.slice(offset, offset + limit);
      const rows = ids.length === 0 ? [] : await desk.differingRows({ table, ids });
      return { rows, total: differing.length };
    },
    async schemaCheck() {
      const { shown, findings } = await desk.schemaCheck();
      const ref = shown === null ? null : refs.give({ kind: 'fix', fingerprint: shown });
      return { shown: ref, findings };
    },
    async schemaFix({ shown }) {
      const fixed = await desk.schemaFix({ shown: refs.find('fix', shown).fingerprint });
      deps.changed(['schema', 'settings']);
      // What the file could not hold before comes now.
      if (fixed.applied > 0) retry([]);
      return fixed;
    },
  };
}

function detailOf(ref: string, found: DetailFound | null): RowDetail {
  if (found === null) throw new PayflowError('REF_STALE');
  const { key, message, values } = found;
  return { ref, ...key, message, values };
}

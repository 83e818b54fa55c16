import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PayflowError } from '../../shared/errors.ts';
import type { RemovalQuestion } from '../../shared/rows.ts';
import type { RunReport } from '../../shared/report.ts';
import { tempFolder } from '../local/testing.ts';
import { deskService } from './desk-service.ts';
import type { Message } from '../../shared/report.ts';
import type { CheckRun, CycleAsked, Desk, DeskCalls, DeskServiceDeps } from './desk-types.ts';
import { loadCatalogue } from './messages.ts';
import { openSettingsStore, type SettingsStore } from './settings-store.ts';
import type { Settings } from './settings.ts';

const group = { direction: 'download', parentTable: 'shifts', parentId: 's1' } as const;
const row = { table: 'orders', id: 'o1', direction: 'download' } as const;
const refused = { table: 'customers', id: 'c1', direction: 'upload' } as const;
const facts = { since: 1_700_000_000_000, tries: 2 };
const message = { code: 'ROW_VALUE_MISSING', params: { column: 'name' } };
const page = { offset: 0, limit: 50 };

let folder: ReturnType<typeof tempFolder>;
let store: SettingsStore;
let asked: CycleAsked[];
let restarted: Settings[];
let changed: string[];
let edits: unknown[];
const answers: unknown[] = [];
let check: CheckRun | null;
let state: ReturnType<DeskServiceDeps['load']>;
let login: boolean[];
let deps: DeskServiceDeps;
let trouble: Message | null;
let calls: DeskCalls;

const found = <T>(...rows: T[]) => Promise.resolve({ rows, total: rows.length });

const removal: RemovalQuestion = {
  table: 'products',
  direction: 'upload',
  waiting: 200,
  staying: 0,
  size: 300,
  removed: 0,
  since: '2026-11-22T08:00:00.000Z',
  answer: null,
};

/** A desk of one held row, its group, and one refused row. */
const desk: Desk = {
  heldGroups: () => found({ key: group, why: 'rejected', waiting: 1, detail: message, ...facts }),
  heldRows: ({ group: of }) =>
    of === null || of.parentId === 's1' ? found({ key: row, message, ...facts }) : found(),
  rejectedRows: () => found({ key: refused, message, editable: true, ...facts }),
  heldRow: (key) => Promise.resolve(key.id === 'o1' ? { key, message, values: [] } : null),
  rejectedRow: (key) =>
    Promise.resolve({
      key,
      message,
      values: [{ column: 'name', value: null, secret: false }],
      editable: [0],
    }),
  listed: () =>
    Promise.resolve([
      {
        key: row,
        rejected: false,
        message,
        missing: [{ table: 'shifts', id: 's1', why: 'rejected' }],
        ...facts,
      },
      { key: { ...refused, id: '=c1' }, rejected: true, message, missing: [], ...facts },
    ]),
  waitersOf: () => Promise.resolve([{ table: 'orders', id: 'o1' }]),
  removals: () => Promise.resolve([removal]),
  answerRemovals: (asked) => {
    answers.push(asked);
    return Promise.resolve(removal);
  },
  conflicts: () => found(),
  oversold: () => found(),
  resolveConflict: () => Promise.resolve({ changed: true }),
  findReceipt: () => Promise.resolve([]),
  runs: ({ offset }) => {
    const left = Math.max(0, Math.min(200, 250 - offset));
    const runs = Array.from({ length: left }, (_, place) => {
      const none = { applied: 0, deleted: 0, held: 0, conflicts: 0, rejected: 0 };
      const tables = { orders: { download: { ...none, applied: 3 }, upload: none } };
      const runId = `run-${String(offset + place)}`;
      const report: RunReport = {
        runId,
        direction: 'both',
        status: 'completed',
        durationMs: 5,
        download: none,
        upload: none,
        tables: place === 0 ? tables : {},
      };
      return { runId, startedAt: facts.since, endedAt: facts.since + 5, report };
    });
    return Promise.resolve({ rows: runs, total: 250 });
  },
  notices: () => found(),
  dismissNotice: ({ id }) => Promise.resolve({ id }),
  runPoints: () => Promise.resolve([]),
  testConnection: ({ address }) =>
    Promise.resolve({
      ok: address.password === 'tea4two',
      passed: [],
      failed: null,
      terminals: [],
    }),
  editRejected: (edit) => {
    edits.push(edit);
    return Promise.resolve(null);
  },
  differingRows: ({ ids }) =>
    Promise.resolve(ids.map((id) => ({ id, hq: null, terminal: null, columns: [] }))),
  schemaCheck: () => Promise.resolve({ shown: 'fingerprint', findings: [] }),
  schemaFix: ({ shown }) =>
    shown === 'fingerprint'
      ? Promise.resolve({ applied: 2, backup: 'b.db', remaining: [] })
      : Promise.reject(new PayflowError('SCHEMA_CHANGED')),
};

beforeEach(() => {
  folder = tempFolder();
  let secret: string | null = null;
  const secrets = {
    isSafe: true,
    read: () => secret,
    write: (given: string | null) => {
      secret = given;
    },
  };
  store = openSettingsStore({ folder: folder.path, envFolder: folder.path, env: {}, secrets });
  [asked, restarted, changed, edits, login] = [[], [], [], [], []];
  check = null;
  trouble = null;
  state = { loaded: false, running: false, error: null };
  deps = {
    desk,
    store,
    logPath: () => join(folder.path, 'payflow.log'),
    requestCycle: (request) => {
      asked.push(request);
      return { queued: false };
    },
    nextRunAt: () => 42,
    lastCheck: () => check,
    lastBooks: () => null,
    load: () => state,
    startLoad: () => {
      state = { loaded: true, running: false, error: null };
      return Promise.resolve();
    },
    restart: (settings) => {
      restarted.push(settings);
      return Promise.resolve();
    },
    apiProblem: () => trouble,
    demoProblem: () => undefined,
    changed: (topics) => {
      changed.push(...topics);
    },
    desktop: {
      openLog: () => Promise.resolve(),
      setLaunchAtLogin: (enabled) => {
        login.push(enabled);
      },
    },
    demoAllowed: false,
    catalogue: loadCatalogue(),
  };
  ({ calls } = deskService(deps));
});

afterEach(() => {
  folder[Symbol.dispose]();
});

async function codeOf(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (error instanceof PayflowError) return error.code;
    throw error;
  }
  return 'nothing was thrown';
}

test('a group leads to its rows, a row to its data, and all by words that tell nothing', async () => {
  const [first] = (await calls.heldGroups(page)).rows;
  expect(first).toMatchObject({ ...group, waiting: 1, nextTryAt: 42, detail: message });
  const { rows } = await calls.heldRows({ ...page, group: first?.ref ?? '' });
  expect(rows[0]).toMatchObject({ ...row, message });
  expect(await calls.heldRow({ ref: rows[0]?.ref ?? '' })).toMatchObject({ ...row, values: [] });
  expect((await calls.heldGroups(page)).rows[0]?.ref).toBe(first?.ref);
  // A group is no row, and a table's name is no ref.
  expect(await codeOf(() => calls.heldRow({ ref: first?.ref ?? '' }))).toBe('REF_STALE');
  expect(await codeOf(() => calls.heldRow({ ref: 'orders' }))).toBe('REF_STALE');
});

test('a retry takes the rows it was asked for, those of a group, or all that are listed', async () => {
  const held = (await calls.heldRows({ ...page, group: null })).rows[0]?.ref ?? '';
  const rejected = (await calls.rejectedRows(page)).rows[0]?.ref ?? '';
  const ofGroup = (await calls.heldGroups(page)).rows[0]?.ref ?? '';
  await calls.retryRows({ refs: [held, rejected] });
  await calls.retryRows({ group: ofGroup });
  await calls.retryRows({});
  expect(asked.map(({ retry }) => retry.map(({ id }) => id))).toEqual([
    ['o1', 'c1'],
    ['o1'],
    ['o1', '=c1'],
  ]);
  expect(await codeOf(() => calls.retryRows({ refs: ['1-unknown'] }))).toBe('REF_STALE');
  expect(asked).toHaveLength(3);
});

test('fetching a parent reads it first and then tries what waits for it', async () => {
  const ref = (await calls.heldGroups(page)).rows[0]?.ref ?? '';
  await calls.fetchParent({ group: ref });
  expect(asked).toEqual([
    {
      direction: 'both',
      fetch: [{ table: 'shifts', id: 's1' }],
      retry: [{ table: 'orders', id: 'o1' }],
    },
  ]);
});

test('an edit goes to the row that the list named, and the row is tried again', async () => {
  const ref = (await calls.rejectedRows(page)).rows[0]?.ref ?? '';
  expect(await calls.rejectedRow({ ref })).toMatchObject({ ...refused, editable: [0] });
  await calls.editRejected({ ref, values: [{ column: 0, value: 'Ann' }] });
  expect(edits).toEqual([{ key: refused, values: [{ column: 0, value: 'Ann' }] }]);
  expect(asked).toMatchObject([{ retry: [{ table: 'customers', id: 'c1' }], fetch: [] }]);
});

test('5.3: an answer goes to the table and direction that were asked about, and a cycle carries it out', async () => {
  const [question] = await calls.confirmQuestions({});
  expect(question).toMatchObject({
    table: 'products',
    waiting: 200,
    since: Date.parse(removal.since),
  });
  await calls.answerConfirm({ ref: question?.ref ?? '', answer: 'hq' });
  expect(answers).toEqual([{ table: 'products', direction: 'upload', answer: 'hq' }]);
  expect(asked).toEqual([{ direction: 'both', retry: [], fetch: [] }]);

  const other = (await calls.heldGroups(page)).rows[0]?.ref ?? '';
  const toOther = () => calls.answerConfirm({ ref: other, answer: 'hq' });
  expect(await codeOf(toOther)).toBe('REMOVAL_NOT_ASKED');
  expect(answers).toHaveLength(1);
});

test('the export of what waits names parents and reasons in words, and no cell is a formula', async () => {
  const { name, type, content } = await calls.exportHeld({});
  expect([name.slice(0, 13), type]).toEqual(['payflow-held-', 'text/csv']);
  expect(content.split('\r\n')).toEqual([
    '\uFEFFlist,table,id,direction,waits for,why,message,code,since,tries',
    'held,orders,o1,download,shifts:s1,rejected,The field name must not be empty.,ROW_VALUE_MISSING,2023-11-14T22:13:20.000Z,2',
    `rejected,customers,'=c1,upload,,,The field name must not be empty.,ROW_VALUE_MISSING,2023-11-14T22:13:20.000Z,2`,
    '',
  ]);
});

test('runs are exported to the last one, in both forms', async () => {
  const json = JSON.parse((await calls.exportRuns({ format: 'json' })).content) as unknown[];
  expect(json).toHaveLength(250);
  expect(json[249]).toMatchObject({ runId: 'run-249', startedAt: '2023-11-14T22:13:20.000Z' });
  const csv = (await calls.exportRuns({ format: 'csv' })).content.trimEnd().split('\r\n');
  expect(csv).toHaveLength(251);
  expect(csv[1]).toContain('completed,,orders,3,0');
});

test('differing rows come from the last check; without one the list is stale', async () => {
  check = {
    at: 9,
    durationMs: 5,
    repaired: null,
    equal: false,
    explained: 1,
    error: null,
    tables: [{ table: 'products', hq: 3, terminal: 3, same: 0, differing: ['a', 'b', 'c'] }],
  };
  const last = await calls.lastCheck({});
  expect(last).toMatchObject({ equal: false, tables: [{ table: 'products', differing: 3 }] });
  const table = last?.tables[0]?.ref ?? '';
  expect(await calls.differingRows({ table, offset: 1, limit: 5 })).toMatchObject({
    rows: [{ id: 'b' }, { id: 'c' }],
    total: 3,
  });
  check = null;
  expect(await codeOf(() => calls.differingRows({ table, ...page }))).toBe('REF_STALE');
});

test('only a fix that was shown can be applied, and a cycle follows it', async () => {
  expect(await codeOf(() => calls.schemaFix({ shown: 'fingerprint' }))).toBe('REF_STALE');
  const { shown } = await calls.schemaCheck({});
  expect(await calls.schemaFix({ shown: shown ?? '' })).toMatchObject({
    applied: 2,
    backup: 'b.db',
  });
  expect(asked).toHaveLength(1);
  expect(changed).toContain('schema');
});

const hq = { host: 'hq', port: 5432, database: 'shop', user: 'till', tls: 'verify' } as const;

test('the engine starts anew for what concerns it, and for nothing else', async () => {
  await calls.saveSettings({ appearance: 'dark', launchAtLogin: false });
  expect([restarted.length, login]).toEqual([0, [false]]);
  await calls.saveSettings({ mode: 'manual' });
  await calls.saveSettings({ mode: 'manual' });
  expect(restarted.map(({ mode }) => mode)).toEqual(['manual']);
  const shown = await calls.saveSettings({ hq: { ...hq, password: 'tea4two' } });
  expect(restarted).toHaveLength(2);
  expect(restarted[1]?.hq?.password).toBe('tea4two');
  expect(JSON.stringify([shown, await calls.settings({})])).not.toContain('tea4two');
  expect(new Set(changed)).toEqual(new Set(['settings', 'setup']));
});

test('a connection is tested with the stored password only where it belongs', async () => {
  await calls.saveSettings({ hq: { ...hq, password: 'tea4two' } });
  expect(await calls.testConnection({ hq, terminal: null })).toMatchObject({ ok: true });
  const elsewhere = { ...hq, host: 'evil.example' };
  expect(await calls.testConnection({ hq: elsewhere, terminal: null })).toMatchObject({
    ok: false,
  });
});

test('the first run goes on where it was left, step by step', async () => {
  const step = async (): Promise<string> => (await calls.setup({})).step;
  expect(await step()).toBe('language');
  await calls.saveSettings({ language: 'auto' });
  expect(await step()).toBe('server');
  expect(await codeOf(() => calls.finishSetup({}))).toBe('SETTINGS_MISSING');
  await calls.saveSettings({ hq });
  expect(await step()).toBe('terminal');
  expect(await codeOf(() => calls.finishSetup({}))).toBe('SETTINGS_MISSING');
  await calls.saveSettings({ terminal: 'T1' });
  expect(await step()).toBe('load');
  state = { loaded: false, running: false, error: message };
  expect(await calls.setup({})).toEqual({ step: 'load', running: false, error: message });
  await calls.finishSetup({});
  expect(await step()).toBe('done');
  expect(login).toEqual([true]);
});

test('a terminal that was set up before says why it asks again', async () => {
  using other = tempFolder();
  writeFileSync(join(other.path, 'settings.json'), '{');
  const secrets = { isSafe: true, read: () => null, write: () => undefined };
  const opened = openSettingsStore({
    folder: other.path,
    envFolder: other.path,
    env: {},
    secrets,
  });
  const service = deskService({ ...deps, store: opened });
  expect((await service.calls.setup({})).error?.code).toBe('SETTINGS_SET_ASIDE');
  await service.calls.saveSettings({ language: 'es' });
  expect(await service.calls.setup({})).toMatchObject({ step: 'server', error: null });
});

test('the end of the log is shown; without a log there is nothing', async () => {
  expect(await calls.logTail({})).toEqual({ lines: [] });
  const lines = Array.from({ length: 20_000 }, (_, line) => `line ${String(line)} of the log`);
  writeFileSync(join(folder.path, 'payflow.log'), `${lines.join('\n')}\n`);
  const tail = (await calls.logTail({})).lines;
  expect(tail).toEqual(lines.slice(-500));
});

test('where no demo can run, none is started', async () => {
  expect(await codeOf(() => calls.startDemo({}))).toBe('NOT_ON_THIS_SURFACE');
});

test('settings say why the web console is off, and an emptied password is gone', async () => {
  expect((await calls.settings({})).apiProblem).toBeNull();
  trouble = { code: 'STATUS_API_PORT_TAKEN', params: { port: 4_000 } };
  expect((await calls.settings({})).apiProblem).toEqual(trouble);
  const hq = { host: 'hq', port: 5432, database: 'shop', user: 'till', tls: 'off' } as const;
  await calls.saveSettings({ hq: { ...hq, password: 'kept' } });
  expect(await calls.saveSettings({ hq })).toMatchObject({
    apiProblem: trouble,
    hq: { hasPassword: true },
  });
  expect((await calls.saveSettings({ hq: { ...hq, password: '' } })).hq).toMatchObject({
    hasPassword: false,
  });
});

/** The ways to break PayFlow that a test must notice. One mutant: some edits, and the test file that must fail. */
export interface Mutant {
  readonly name: string;
  readonly edits: readonly Edit[];
  /** The test file that must notice. */
  readonly test: string;
}

export interface Edit {
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly from: string;
  readonly to: string;
}

const noGaps = 'e2e/no-gaps.pg.test.ts';
const posBesideSync = 'e2e/pos-beside-sync.pg.test.ts';
const exactlyOnce = 'electron/sync/exactly-once.pg.test.ts';
const killed = 'electron/sync/killed.pg.test.ts';
const reread = 'electron/sync/reread.pg.test.ts';
const resumeLoad = 'electron/sync/resume-load.pg.test.ts';

const feedSql = 'electron/remote/read-feed.ts';
const feedPages = 'electron/sync/download/read-feed.ts';
const pair = '(f.xid, f.seq) > (c.xid, c.seq) AND f.xid < now.bound';
const pairOrder = 'ORDER BY f.xid, f.seq LIMIT';
const place = `    page.full && last !== undefined
      ? { xid: last.xid, seq: last.seq }
      : compareNumbers(bound, cursor.xid) > 0
        ? { xid: bound, seq: '0' }
        : { xid: cursor.xid, seq: cursor.seq };`;
const lastEntry = `    last !== undefined ? { xid: last.xid, seq: last.seq } : { xid: cursor.xid, seq: cursor.seq };`;

export const mutants: readonly Mutant[] = [
  {
    name: 'the cursor is seq > last',
    edits: [
      { file: feedSql, from: pair, to: 'f.seq > c.seq' },
      { file: feedSql, from: pairOrder, to: 'ORDER BY f.seq LIMIT' },
      { file: feedSql, from: 'page.tbl, page.xid, page.seq`', to: 'page.tbl, page.seq`' },
      { file: feedPages, from: place, to: lastEntry },
    ],
    test: noGaps,
  },
  {
    name: 'the cursor is seq > last behind the bound',
    edits: [
      { file: feedSql, from: pair, to: 'f.seq > c.seq AND f.xid < now.bound' },
      { file: feedSql, from: pairOrder, to: 'ORDER BY f.seq LIMIT' },
      { file: feedSql, from: 'page.tbl, page.xid, page.seq`', to: 'page.tbl, page.seq`' },
      { file: feedPages, from: place, to: lastEntry },
    ],
    test: noGaps,
  },
  {
    name: 'the cursor is the bare bound, also after a full page',
    edits: [{ file: feedPages, from: 'page.full && last !== undefined', to: 'last === null' }],
    test: noGaps,
  },
  {
    name: 'the cursor is the xid of the last entry, also inside a transaction',
    edits: [{ file: feedSql, from: pair, to: 'f.xid > c.xid AND f.xid < now.bound' }],
    test: noGaps,
  },
  {
    name: 'the gate lets every batch in',
    edits: [
      {
        file: 'resources/hq/001_feed.sql',
        from: 'IF FOUND THEN RETURN; END IF;',
        to: 'RETURN;',
      },
    ],
    test: exactlyOnce,
  },
  {
    name: 'a batch whose outcome is unknown is forgotten',
    edits: [
      {
        file: 'electron/sync/cycle.ts',
        from: '  await settle(run);',
        to: '  void settle;',
      },
    ],
    test: exactlyOnce,
  },
  {
    name: 'a batch whose outcome is unknown counts as sent',
    edits: [
      {
        file: 'electron/sync/settle.ts',
        from: 'else await acknowledge(run, batch, await sendOnce(run, batch));',
        to: 'else await acknowledge(run, batch, { number: batch.number, outcomes: [], rows: [], ownXid: null });',
      },
    ],
    test: killed,
  },
  {
    name: 'an acknowledgement clears all entries of a row',
    edits: [
      {
        file: 'electron/local/outbox-store.ts',
        from: 'FROM json_each(?)) AND seq <= ?`,',
        to: 'FROM json_each(?)) AND seq > 0 * ?`,',
      },
    ],
    test: exactlyOnce,
  },
  {
    name: 'an add column is merged as newest',
    edits: [
      {
        file: 'electron/sync/merge.ts',
        from: `strategy === 'add' && before !== undefined`,
        to: 'before === null && false',
      },
    ],
    test: killed,
  },
  {
    name: 'own entries are skipped without storing what HQ made of them',
    edits: [
      {
        file: 'electron/sync/upload/acknowledge.ts',
        from: '    applyPage(run, page, facts);\n',
        to: '    void [applyPage, facts];\n',
      },
    ],
    test: reread,
  },
  {
    name: 'the cursor is saved before the rows, not with them',
    edits: [
      {
        file: feedPages,
        from: `  run.local.write(() => {
    applyPage(run, page, facts);`,
        to: `  run.local.write(() => {
    for (const cursor of cursors) saveCursor(run, cursor);
  });
  run.local.write(() => {
    applyPage(run, page, facts);`,
      },
    ],
    test: killed,
  },
  {
    name: 'a delete entry removes the row without a second look',
    edits: [
      {
        file: feedPages,
        from: 'if (!found.has(key) && (seen.deleted || seen.left)) {',
        to: 'if (seen.deleted || seen.left) {',
      },
    ],
    test: reread,
  },
  {
    name: 'the capture triggers see the engine',
    edits: [
      { file: 'electron/local/store.ts', from: 'setApplying.run(1);', to: 'setApplying.run(0);' },
    ],
    test: reread,
  },
  {
    name: 'a first load does not save its place',
    edits: [
      {
        file: 'electron/sync/download/load.ts',
        from: 'loadKey: last?.key ?? null',
        to: 'loadKey: last === null ? null : null',
      },
    ],
    test: resumeLoad,
  },
  {
    name: 'a cycle goes on for as long as the POS writes',
    edits: [
      {
        file: 'electron/sync/upload/read-outbox.ts',
        from: 'read.filter((entry) => entry.seq <= end)',
        to: 'read.filter((entry) => entry.seq <= end || true)',
      },
    ],
    test: posBesideSync,
  },
];

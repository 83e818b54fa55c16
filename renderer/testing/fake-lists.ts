/** Lists as a shop would have them, hostile values among them: what the screens show must stand them. */
import type { HeldRow } from '../../shared/rows.ts';
import type {
  BooksResult,
  CheckResult,
  ConfirmQuestion,
  ConflictShown,
  OversoldShown,
  DifferingRow,
  HeldGroup,
  HeldRowShown,
  NoticeShown,
  ReceiptAnswer,
  RejectedRowDetail,
  RejectedRowListed,
  RowDetail,
  RunPoint,
  RunShown,
  SchemaFinding,
} from '../../shared/views.ts';
import { noCounts, type RunStatus } from '../../shared/report.ts';
import { heldMessage } from '../../shared/rows.ts';

const minute = 60_000;

/** Values that break what treats data as markup or expects it short and left-to-right. */
export const hostile = {
  markup: '<img src=x onerror=alert(1)>',
  long: 'Espresso beans, roasted slowly and told about at length. '.repeat(180),
  unbroken: 'A'.repeat(600),
  rightToLeft: 'قهوة عربية بالهيل ‮fake',
};

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n);

export function notices(now: number): readonly NoticeShown[] {
  const day = 24 * 60 * minute;
  return [
    {
      id: 2,
      code: 'STATUS_HQ_RESTORED',
      params: { batches: 3, waiting: 0 },
      at: now - 20 * minute,
      settled: null,
    },
    {
      id: 1,
      code: 'STATUS_FILE_RESTORED',
      params: { batches: 0, waiting: 4 },
      at: now - 9 * day,
      settled: { by: 'person', at: now - 9 * day + 40 * minute },
    },
  ];
}

export function confirmQuestions(now: number): readonly ConfirmQuestion[] {
  return [
    {
      ref: 'confirm-0',
      table: 'products',
      direction: 'download',
      waiting: 412,
      staying: 0,
      size: 1_240,
      removed: 0,
      since: now - 26 * minute,
      answer: null,
    },
    {
      ref: 'confirm-1',
      table: 'customers',
      direction: 'upload',
      waiting: 150,
      staying: 0,
      size: 300,
      removed: 60,
      since: now - 3 * minute,
      answer: null,
    },
  ];
}

export function heldGroups(now: number): readonly HeldGroup[] {
  const of = (group: Partial<HeldGroup>, n: number): HeldGroup => ({
    ref: `group-${n}`,
    parentTable: 'orders',
    parentId: `ord_${1_000 + n}`,
    why: 'not-sent',
    direction: 'upload',
    waiting: 1,
    since: now - (n + 1) * 17 * minute,
    tries: n + 1,
    nextTryAt: now + (n + 1) * minute,
    detail: null,
    ...group,
  });
  return [
    of({ waiting: 6 }, 0),
    of(
      {
        parentTable: 'products',
        parentId: hostile.markup,
        why: 'deleted',
        direction: 'download',
        waiting: 3,
        nextTryAt: null,
      },
      1,
    ),
    of(
      {
        parentTable: 'customers',
        parentId: 'cus_77',
        why: 'rejected',
        detail: { code: 'ROW_VALUE_MISSING', params: { column: 'phone' } },
      },
      2,
    ),
  ];
}

const held = (n: number): HeldRow => ({
  table: n % 2 === 0 ? 'order_items' : 'payments',
  id: `row_${n}`,
  direction: 'upload',
  missing: [{ field: 'order_id', refTable: 'orders', refId: 'ord_1000', why: 'not-sent' }],
  since: '2026-11-22T14:32:00.000Z',
  tries: 2,
});

export function heldRows(now: number): readonly HeldRowShown[] {
  return numbers(10).map((n) => ({
    ref: `held-${n}`,
    table: held(n).table,
    id: held(n).id,
    direction: 'upload',
    message: heldMessage(held(n)),
    since: now - (n + 1) * 13 * minute,
    tries: 2,
  }));
}

export function heldDetail(ref: string): RowDetail {
  return {
    ref,
    table: 'order_items',
    id: 'row_0',
    direction: 'upload',
    message: heldMessage(held(0)),
    values: [
      { column: 'id', value: 'row_0', secret: false },
      { column: 'order_id', value: 'ord_1000', secret: false },
      { column: 'product_name', value: hostile.markup, secret: false },
      { column: 'note', value: hostile.rightToLeft, secret: false },
      { column: 'description', value: hostile.long, secret: false },
      { column: 'batch', value: hostile.unbroken, secret: false },
      { column: 'discount', value: null, secret: false },
      { column: 'comment', value: '', secret: false },
      { column: 'card_token', value: null, secret: true },
    ],
  };
}

export function rejectedRows(now: number): readonly RejectedRowListed[] {
  const row = { direction: 'upload', since: now - 50 * minute, tries: 4 } as const;
  return [
    {
      ...row,
      ref: 'rejected-0',
      table: 'customers',
      id: 'cus_77',
      message: { code: 'ROW_VALUE_MISSING', params: { column: 'phone' } },
      editable: true,
    },
    {
      ...row,
      ref: 'rejected-1',
      table: 'products',
      id: 'prd_9',
      direction: 'download',
      message: {
        code: 'ROW_CHECK_FAILED',
        params: { constraint: 'price_positive', detail: 'price must be above 0' },
      },
      editable: false,
    },
  ];
}

export function rejectedDetail(ref: string): RejectedRowDetail {
  return {
    ref,
    table: 'customers',
    id: 'cus_77',
    direction: 'upload',
    message: { code: 'ROW_VALUE_MISSING', params: { column: 'phone' } },
    values: [
      { column: 'id', value: 'cus_77', secret: false },
      { column: 'name', value: hostile.rightToLeft, secret: false },
      { column: 'phone', value: null, secret: false },
      { column: 'pin', value: null, secret: true },
    ],
    editable: [1, 2],
  };
}

export function conflicts(now: number): readonly ConflictShown[] {
  return numbers(123).map((n) => ({
    id: n + 1,
    table: n % 3 === 0 ? 'customers' : 'products',
    rowId: `prd_${n}`,
    column: n % 3 === 0 ? 'phone' : 'name',
    kept: n === 1 ? hostile.long : n === 2 ? hostile.rightToLeft : '+44 20 7946 0018',
    lost: n === 1 ? hostile.markup : n === 2 ? null : '+44 20 7946 0999',
    winner: n % 2 === 0 ? 'hq' : 'terminal',
    rule: n % 2 === 0 ? 'hq-wins' : 'newest',
    hqAt: now - (n + 2) * minute,
    localAt: n % 4 === 0 ? null : now - (n + 3) * minute,
    who: n % 5 === 0 ? null : 'back office (Mara)',
    at: now - n * 11 * minute,
    ref: `c${n}`,
    also: [],
    restorable: n % 3 !== 2,
    resolved: n % 7 === 3 ? { keep: 'local' as const, at: now - n * minute } : null,
  }));
}

export function oversold(now: number): readonly OversoldShown[] {
  return numbers(3).map((n) => ({
    table: 'products',
    id: `prd_${n}`,
    column: 'stock_quantity',
    value: String(-1 - n),
    since: now - (n + 1) * 17 * minute,
    names: [`SKU-${n}`, 'Orange juice 1 l'],
  }));
}

export function receipts(number: string, now: number): readonly ReceiptAnswer[] {
  const base: ReceiptAnswer = {
    number,
    table: 'orders',
    state: 'at-hq',
    here: true,
    madeAt: now - 55 * minute,
    atHqSince: now - 54 * minute,
    hqId: '5b0f0c0e-8a55-4b0a-9b47-3c1a6a6c3f10',
    message: null,
  };
  switch (number) {
    case '1001':
      return [base];
    case '1002':
      return [{ ...base, state: 'queued', atHqSince: null, hqId: null }];
    case '1003':
      return [
        { ...base, state: 'held', atHqSince: null, hqId: null, message: heldMessage(held(0)) },
        { ...base, table: 'receipts', state: 'queued', atHqSince: null, hqId: null },
      ];
    case '1004':
      return [
        {
          ...base,
          state: 'rejected',
          atHqSince: null,
          hqId: null,
          message: { code: 'ROW_VALUE_MISSING', params: { column: 'shift_id' } },
        },
      ];
    default:
      return [];
  }
}

const statuses: readonly RunStatus[] = ['completed', 'completed', 'partial', 'failed', 'cancelled'];

export function runs(now: number): readonly RunShown[] {
  return numbers(137).map((n) => {
    const status = statuses[n % statuses.length] ?? 'completed';
    const download = { ...noCounts, applied: (n * 7) % 40, conflicts: n % 9 === 0 ? 1 : 0 };
    const upload = { ...noCounts, applied: (n * 13) % 60, held: status === 'partial' ? 2 : 0 };
    const durationMs = 300 + ((n * 977) % 9_000);
    return {
      runId: `run-${n}`,
      startedAt: now - n * 5 * minute - durationMs,
      endedAt: now - n * 5 * minute,
      report: {
        runId: `run-${n}`,
        direction: 'both',
        status,
        durationMs,
        download,
        upload,
        tables: {
          products: { download, upload: noCounts },
          orders: { download: noCounts, upload },
        },
        ...(status === 'failed'
          ? { error: { code: 'HQ_CONNECTION_LOST', params: { where: 'hq.example:5432' } } }
          : {}),
      },
    };
  });
}

export function runPoints(now: number): readonly RunPoint[] {
  return numbers(24).map((n) => ({
    at: now - (24 - n) * 5 * minute,
    received: (n * 37) % 160,
    sent: (n * 53) % 210,
    durationMs: 400 + ((n * 977) % 4_000),
    status: n === 9 ? 'partial' : 'completed',
  }));
}

export function booksResult(now: number): BooksResult {
  const line = (tender: string, hq: string, terminal: string) => ({
    table: 'orders',
    shift: 'shift-0412',
    tender,
    hq: { count: 41, net: '812.4', tax: '97.49', total: hq },
    terminal: { count: 41, net: '812.4', tax: '97.49', total: terminal },
    equal: hq === terminal,
  });
  return {
    at: now - 5 * 60_000,
    durationMs: 2_300,
    equal: false,
    explained: 3,
    error: null,
    lines: [line('cash', '909.89', '909.89'), line('card', '909.88', '909.89')],
    first: {
      table: 'orders',
      id: 'ord-118',
      receipt: 'R-2026-000118',
      shift: 'shift-0412',
      tender: 'card',
      hq: { net: '10', tax: '1.2', total: '11.19' },
      terminal: { net: '10', tax: '1.2', total: '11.2' },
    },
  };
}

export function checkResult(now: number): CheckResult {
  return {
    at: now - 20 * minute,
    repaired: null,
    durationMs: 4_230,
    equal: false,
    explained: 12,
    error: null,
    tables: [
      { ref: 'check-0', table: 'products', hq: 1_204, terminal: 1_204, same: 1_202, differing: 2 },
      { ref: 'check-1', table: 'orders', hq: 8_311, terminal: 8_310, same: 8_309, differing: 1 },
      { ref: 'check-2', table: 'payments', hq: 8_544, terminal: 8_544, same: 8_544, differing: 0 },
    ],
  };
}

export const differingRows: readonly DifferingRow[] = [
  {
    id: 'prd_7',
    columns: ['id', 'name', 'price'],
    hq: ['prd_7', hostile.markup, '3.50'],
    terminal: ['prd_7', hostile.rightToLeft, '3.20'],
  },
  {
    id: 'prd_8',
    columns: ['id', 'name', 'price'],
    hq: ['prd_8', 'Cortado', '2.90'],
    terminal: null,
  },
];

export const schemaFindings: readonly SchemaFinding[] = [
  {
    code: 'column-missing',
    severity: 'fixable',
    table: 'products',
    column: 'allergens',
    detail: 'text',
    statements: ['ALTER TABLE "products" ADD COLUMN "allergens" TEXT'],
  },
  {
    code: 'column-extra',
    severity: 'information',
    table: 'orders',
    column: 'till_note',
    detail: null,
    statements: [],
  },
];

/**
 * What a busy, partly hostile shop looks like on the screens held, conflicts, receipt and history: long lists, names that
 * are markup, texts of 10 kB, right-to-left writing. For tests and pictures; not in the product's bundle.
 */
import type { Args, Method, Result } from '../../shared/contract.ts';
import { noCounts, type RunReport, type RunStatus } from '../../shared/report.ts';
import type { MissingWhy, RowDirection } from '../../shared/rows.ts';
import type {
  ConflictShown,
  HeldGroup,
  HeldRowShown,
  Page,
  ReceiptAnswer,
  RejectedRowDetail,
  RunShown,
  ShownValue,
} from '../../shared/views.ts';
import { hostile } from './fake-lists.ts';

const minute = 60_000;

const { markup, rightToLeft } = hostile;
const huge = 'Espresso with a very long name '.repeat(330);
const wide = 'W'.repeat(10_000);

/** One page out of a list that is made row by row. */
function pageOf<T>(
  total: number,
  { offset, limit }: { readonly offset: number; readonly limit: number },
  row: (place: number) => T,
): Page<T> {
  const length = Math.max(0, Math.min(limit, total - offset));
  return { rows: Array.from({ length }, (_, place) => row(offset + place)), total };
}

const parents: readonly (readonly [MissingWhy, RowDirection, string, string, number])[] = [
  ['not-sent', 'download', 'orders', '10482', 240],
  ['rejected', 'upload', 'customers', markup, 12],
  ['rejected', 'download', 'products', rightToLeft, 5],
  ['deleted', 'download', 'categories', '31', 4],
  ['deleted', 'upload', 'shifts', 'c0ffee00-0000-4000-8000-000000000001', 3],
  ['children', 'download', 'order_items', '77812', 2],
  ['confirm', 'download', 'products', '', 412],
  ['pending', 'download', 'products', '17', 1],
  ['not-sent', 'upload', 'orders', wide, 1],
];

function groupAt(place: number, now: number): HeldGroup {
  const [why, direction, parentTable, parentId, waiting] = parents[place] ?? [
    'not-sent',
    'download',
    'orders',
    String(20_000 + place),
    1,
  ];
  return {
    ref: `g${place}`,
    parentTable,
    parentId,
    why,
    direction,
    waiting,
    since: now - (place + 1) * 47 * minute,
    tries: place,
    nextTryAt: place % 3 === 2 ? null : now + 2 * minute + 10_000,
    detail:
      why === 'rejected' && direction === 'upload'
        ? {
            code: 'ROW_DUPLICATE',
            params: { constraint: 'customers_email_key', detail: markup },
          }
        : null,
  };
}

function heldRowAt(place: number, now: number): HeldRowShown {
  const id = String(77_000 + place);
  return {
    ref: `h${place}`,
    table: 'order_items',
    id,
    direction: 'download',
    message: {
      code: 'HELD_ROW',
      params: { table: 'order_items', id, missing: 'order_id->orders[10482]' },
    },
    since: now - 47 * minute,
    tries: 3,
  };
}

const values: readonly ShownValue[] = [
  { column: 'id', value: '77000', secret: false },
  { column: 'name', value: markup, secret: false },
  { column: 'note', value: huge, secret: false },
  { column: 'wide', value: wide, secret: false },
  { column: 'name_ar', value: rightToLeft, secret: false },
  { column: 'email', value: 'ana@example.com', secret: false },
  { column: 'phone', value: null, secret: false },
  { column: 'unit_price', value: '12.50', secret: false },
  { column: 'pin_code', value: null, secret: true },
];

const refusals = [
  {
    code: 'ROW_DUPLICATE',
    params: {
      constraint: 'customers_email_key',
      detail: 'Key (email)=(ana@example.com) already exists.',
    },
  },
  { code: 'ROW_VALUE_MISSING', params: { column: 'phone' } },
  { code: 'ROW_TEXT_TOO_LONG', params: { detail: huge } },
  { code: 'HQ_OWNS_TABLE', params: { table: 'taxes' } },
  { code: 'VALUE_UNHOLDABLE', params: { column: 'unit_price', reason: 'not-a-number' } },
] as const;

function rejectedAt(
  place: number,
  now: number,
): RejectedRowDetail & { since: number; tries: number } {
  return {
    ref: `r${place}`,
    table: place === 3 ? 'taxes' : 'customers',
    id: place === 2 ? markup : String(500 + place),
    direction: place === 4 ? 'download' : 'upload',
    message: refusals[place % refusals.length] ?? refusals[0],
    values,
    editable: place % 5 < 3 ? [1, 4, 5, 6, 7] : [],
    since: now - (place + 1) * 13 * minute,
    tries: 1 + place,
  };
}

type Clash = Pick<ConflictShown, 'table' | 'column' | 'kept' | 'lost' | 'winner' | 'rule'>;

const firstClash: Clash = {
  table: 'products',
  column: 'name',
  kept: 'Espresso',
  lost: 'Expresso',
  winner: 'hq',
  rule: 'newest',
};

const clashes: readonly Clash[] = [
  firstClash,
  {
    table: 'products',
    column: 'selling_price',
    kept: '2.40',
    lost: '2.20',
    winner: 'hq',
    rule: 'hq',
  },
  {
    table: 'customers',
    column: 'note',
    kept: markup,
    lost: huge,
    winner: 'terminal',
    rule: 'newest',
  },
  {
    table: 'products',
    column: 'name',
    kept: rightToLeft,
    lost: wide,
    winner: 'hq',
    rule: 'newest',
  },
  {
    table: 'customers',
    column: 'phone',
    kept: null,
    lost: '+1 555 0100',
    winner: 'terminal',
    rule: 'deleted',
  },
];

function conflictAt(place: number, now: number): ConflictShown {
  const at = now - place * 31 * minute;
  const clash = clashes[place % clashes.length] ?? firstClash;
  return {
    ...clash,
    id: 10_000 - place,
    rowId: String(17 + place),
    hqAt: place % 5 === 4 ? null : at - 3 * minute,
    localAt: at - 2 * minute,
    who: place % 2 === 0 ? 'Ana Costa' : null,
    at,
    ref: `c${place}`,
    also: [],
    restorable: true,
    resolved: null,
  };
}

const statuses: readonly RunStatus[] = ['completed', 'partial', 'completed', 'failed', 'cancelled'];

function runAt(place: number, now: number, status: RunStatus): RunShown {
  const startedAt = now - place * 5 * minute;
  const durationMs = 850 + ((place * 3_779) % 90_000);
  const left = status === 'partial' ? 12 : 0;
  const download = { ...noCounts, applied: 101 + place, deleted: place % 4, held: left };
  const upload = { ...noCounts, applied: 50, conflicts: place % 3, rejected: left / 4 };
  const report: RunReport = {
    runId: `run-${status}-${place}`,
    direction: place % 7 === 3 ? 'push' : place % 7 === 5 ? 'pull' : 'both',
    status,
    durationMs,
    download,
    upload,
    tables: {
      orders: { download: noCounts, upload },
      products: { download, upload: noCounts },
      product_variant_attributes: { download: { ...noCounts, applied: 1 }, upload: noCounts },
      [markup]: { download: noCounts, upload: { ...noCounts, applied: 1 } },
    },
    ...(status === 'failed'
      ? { error: { code: 'HQ_REFUSED', params: { where: 'hq.example.com:5432' } } }
      : {}),
  };
  return { runId: report.runId, startedAt, endedAt: startedAt + durationMs, report };
}

function receipts(number: string, now: number): readonly ReceiptAnswer[] {
  const base = {
    number,
    table: 'orders',
    here: true,
    madeAt: now - 12 * minute,
    atHqSince: null,
    hqId: null,
    message: null,
  };
  const states: Record<string, readonly ReceiptAnswer[]> = {
    '1001': [{ ...base, state: 'at-hq', atHqSince: now - 11 * minute, hqId: '904412' }],
    '1002': [{ ...base, state: 'queued' }],
    '1003': [
      {
        ...base,
        state: 'held',
        message: {
          code: 'HELD_ROW',
          params: { table: 'orders', id: '1003', missing: 'shift_id->shifts[42]' },
        },
      },
    ],
    '1004': [
      {
        ...base,
        state: 'rejected',
        message: { code: 'ROW_VALUE_MISSING', params: { column: 'total' } },
      },
    ],
    '1005': [
      { ...base, state: 'at-hq', here: false, hqId: '904413' },
      { ...base, table: 'invoices', state: 'queued' },
    ],
  };
  return states[number] ?? [];
}

type Long =
  | 'heldGroups'
  | 'heldRows'
  | 'heldRow'
  | 'rejectedRows'
  | 'rejectedRow'
  | 'conflicts'
  | 'findReceipt'
  | 'runs';

/** The calls of these screens, answered out of lists of up to 10,000 rows. `now`: milliseconds since 1970. */
export function longLists(now: number): {
  readonly [M in Long & Method]: (args: Args<M>) => Result<M>;
} {
  return {
    heldGroups: (page) => pageOf(1_240, page, (place) => groupAt(place, now)),
    heldRows: (page) =>
      pageOf(page.group === null ? 10_000 : 240, page, (place) => heldRowAt(place, now)),
    heldRow: ({ ref }) => ({ ...heldRowAt(Number(ref.slice(1)), now), values }),
    rejectedRows: (page) =>
      pageOf(10_000, page, (place) => {
        const { values: _, editable, ...row } = rejectedAt(place, now);
        return { ...row, editable: editable.length > 0 };
      }),
    rejectedRow: ({ ref }) => rejectedAt(Number(ref.slice(1)), now),
    conflicts: ({ search, ...page }) =>
      pageOf(search === 'nothing' ? 0 : 10_000, page, (place) => conflictAt(place, now)),
    findReceipt: ({ number }) => receipts(number, now),
    runs: ({ status, ...page }) =>
      pageOf(status === 'cancelled' ? 0 : 10_000, page, (place) =>
        runAt(
          place,
          now,
          status === 'all' ? (statuses[place % statuses.length] ?? 'completed') : status,
        ),
      ),
  };
}

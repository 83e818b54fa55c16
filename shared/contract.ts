/**
 * The one contract between the window (or the web console) and the host: every method with what it takes, what it
 * answers and who may call it. Main process, preload, HTTP API and renderer are typed from it and from nothing else;
 * arguments are parsed by these schemas on the host's side, whoever sent them (DESIGN 10).
 *
 * No table name, SQL, path or URL is ever taken from a caller: rows are named by `ref`, an opaque word that the host
 * gave out with a list and understands until it ends (`REF_STALE` after that: show the list again).
 */
import { z } from 'zod';
import type { RunDirection } from './report.ts';
import type {
  AppInfo,
  BooksResult,
  CheckResult,
  ConfirmQuestion,
  ConflictShown,
  ConnectionTest,
  DifferingRow,
  ExportedFile,
  HeldGroup,
  HeldRowShown,
  NoticeShown,
  OversoldShown,
  Page,
  ReceiptAnswer,
  RejectedRowDetail,
  RejectedRowListed,
  RowDetail,
  RunPoint,
  RunShown,
  SchemaFixShown,
  SchemaShown,
  SettingsShown,
  SetupShown,
  StatusView,
  UnsentRows,
} from './views.ts';

/** cashier: sees everything and syncs. manager: everything. The desktop's own window is a manager. */
export const ROLES = ['cashier', 'manager'] as const;
export type Role = (typeof ROLES)[number];

/** Phantom: carries a method's answer type without a value. */
interface Answers<T> {
  readonly __answers?: T;
}

interface MethodSpec<A extends z.ZodType, T> extends Answers<T> {
  readonly role: Role;
  readonly args: A;
}

function method<T>() {
  return <A extends z.ZodType>(role: Role, args: A): MethodSpec<A, T> => ({ role, args });
}

const nothing = z.strictObject({});
const page = { offset: z.int().min(0).max(10_000_000), limit: z.int().min(1).max(200) };
const ref = z.string().regex(/^[\w-]{1,64}$/);
const search = z.string().trim().max(200);
const direction = z.enum(['push', 'pull', 'both']) satisfies z.ZodType<RunDirection>;

/** HQ's address in parts, as the form has it. `password` absent: the stored one stays. */
const hqAddress = z.strictObject({
  host: z.string().trim().min(1).max(255),
  port: z.int().min(1).max(65_535),
  database: z.string().trim().min(1).max(63),
  user: z.string().trim().min(1).max(63),
  password: z.string().max(1_000).optional(),
  /** verify: encrypted, certificate and name are checked. off: plain. */
  tls: z.enum(['verify', 'off']),
});
export type HqAddressForm = z.infer<typeof hqAddress>;

const settingsPatch = z.strictObject({
  hq: hqAddress.optional(),
  terminal: z.string().trim().min(1).max(100).optional(),
  mode: z.enum(['live', 'cron', 'manual']).optional(),
  cron: z.string().trim().min(1).max(100).optional(),
  batchSize: z.int().min(1).max(50_000).optional(),
  backupKeep: z.int().min(1).max(1_000).optional(),
  apiEnabled: z.boolean().optional(),
  apiPort: z.int().min(1).max(65_535).optional(),
  notifications: z
    .strictObject({ attention: z.boolean(), error: z.boolean(), offline: z.boolean() })
    .optional(),
  language: z.enum(['auto', 'en', 'es']).optional(),
  appearance: z.enum(['auto', 'light', 'dark']).optional(),
  large: z.boolean().optional(),
  launchAtLogin: z.boolean().optional(),
  stillHereHint: z.boolean().optional(),
});
export type SettingsPatch = z.infer<typeof settingsPatch>;

/** How long a pause lasts; `tomorrow`: until 04:00 of the next day. */
export const PAUSES = ['30m', '2h', 'tomorrow', 'until-resumed'] as const;
export type Pause = (typeof PAUSES)[number];

export const contract = {
  // ------------------------------------------------------------------------------------------ state
  /** What this host is and can; asked once. */
  appInfo: method<AppInfo>()('cashier', nothing),
  status: method<StatusView>()('cashier', nothing),
  /** Starts a cycle, or queues exactly one more behind the one that runs. Answers at once. */
  startSync: method<{
    readonly queued: boolean;
    /** Of the cycle that starts, or of the one that is queued (also where it had been queued before). */
    readonly runId: string;
  }>()('cashier', z.strictObject({ direction })),
  cancelSync: method<null>()('cashier', nothing),
  pause: method<null>()('cashier', z.strictObject({ how: z.enum(PAUSES) })),
  resume: method<null>()('cashier', nothing),
  /**
   * This installation is the terminal from now on, and HQ refuses the one before (DESIGN 8.2): starts a cycle that says so
   * there. Show who the other one is, and what comes along (`unsentRows`), and ask for a confirmation before. Throws
   * TAKE_OVER_NOT_ASKED where HQ has not refused this installation.
   */
  takeOver: method<{ readonly queued: boolean; readonly runId: string }>()('manager', nothing),
  /** Rows of this terminal that HQ has not got, by table; tables without any are left out. */
  unsentRows: method<readonly UnsentRows[]>()('cashier', nothing),
  /** The text behind "Copy diagnostics": state, versions, last runs, held groups, settings without secrets. */
  diagnostics: method<{ readonly text: string }>()('cashier', nothing),

  // ------------------------------------------------------------------------------- held and rejected rows
  /** Held rows by the parent they wait for, most waiting first. */
  heldGroups: method<Page<HeldGroup>>()('cashier', z.strictObject(page)),
  /** Held rows of one group (null: all), oldest first. */
  heldRows: method<Page<HeldRowShown>>()(
    'cashier',
    z.strictObject({ ...page, group: ref.nullable() }),
  ),
  rejectedRows: method<Page<RejectedRowListed>>()('cashier', z.strictObject(page)),
  /** The data of one held row, a group's parent not included. */
  heldRow: method<RowDetail>()('cashier', z.strictObject({ ref })),
  rejectedRow: method<RejectedRowDetail>()('cashier', z.strictObject({ ref })),
  /** Tries rows again now: these, those of a group, or (both absent) all held and rejected ones. Starts a cycle. */
  retryRows: method<{ readonly queued: boolean }>()(
    'cashier',
    z.strictObject({ refs: z.array(ref).max(1_000).optional(), group: ref.optional() }),
  ),
  /** Reads the missing parent of a group from HQ now, with what waits for it. */
  fetchParent: method<{ readonly queued: boolean }>()('cashier', z.strictObject({ group: ref })),
  /** Changes values of a rejected local row as the POS would, by the place of a column in its detail, and tries it again. */
  editRejected: method<{ readonly queued: boolean }>()(
    'manager',
    z.strictObject({
      ref,
      values: z
        .array(
          z.strictObject({
            column: z.int().min(0).max(1_000),
            value: z.string().max(100_000).nullable(),
          }),
        )
        .min(1)
        .max(100),
    }),
  ),
  exportHeld: method<ExportedFile>()('cashier', nothing),
  /** Mass removals that wait for a manager, oldest first; those answered `local` stay listed while rows stay by it. */
  confirmQuestions: method<readonly ConfirmQuestion[]>()('cashier', nothing),
  /**
   * Says whose side holds (`RemovalAnswer`); `ref` of a question, or of a held group whose reason is `confirm`. Starts a
   * cycle that carries it out. Throws REMOVAL_NOT_ASKED where nothing waits any more.
   */
  answerConfirm: method<{ readonly queued: boolean }>()(
    'manager',
    z.strictObject({ ref, answer: z.enum(['hq', 'local']) }),
  ),

  // --------------------------------------------------------------------------- conflicts, receipts, history
  conflicts: method<Page<ConflictShown>>()('cashier', z.strictObject({ ...page, search })),
  /** Decides a conflict: the value of that side stands from now on, as a new edit where it had lost. Starts a cycle. */
  resolveConflict: method<{ readonly queued: boolean }>()(
    'manager',
    z.strictObject({ ref, keep: z.enum(['local', 'hq']) }),
  ),
  /** Counted things below zero, newest first. */
  oversold: method<Page<OversoldShown>>()('cashier', z.strictObject(page)),
  findReceipt: method<readonly ReceiptAnswer[]>()('cashier', z.strictObject({ number: search })),
  runs: method<Page<RunShown>>()(
    'cashier',
    z.strictObject({
      ...page,
      status: z.enum(['all', 'completed', 'partial', 'failed', 'cancelled']),
    }),
  ),
  /** What was restored, moved or taken over, newest first, whether it stands or not. */
  notices: method<Page<NoticeShown>>()('cashier', z.strictObject(page)),
  /** Settles one, with the older ones of its kind; it stays in `notices`. Throws NOTICE_SETTLED where it does not stand. */
  dismissNotice: method<null>()(
    'manager',
    z.strictObject({ id: z.int().min(1).max(Number.MAX_SAFE_INTEGER) }),
  ),
  /** The last runs that moved something, oldest first, for the chart. */
  runPoints: method<readonly RunPoint[]>()('cashier', nothing),
  exportRuns: method<ExportedFile>()(
    'cashier',
    z.strictObject({ format: z.enum(['csv', 'json']) }),
  ),
  /** The end of the log file, newest line last. */
  logTail: method<{ readonly lines: readonly string[] }>()('manager', nothing),
  /** Opens the log file in the system's viewer; only where `AppInfo.capabilities.openLog`. */
  openLog: method<null>()('manager', nothing),

  // --------------------------------------------------------------------------------- data check, schema
  /** Starts a data check; its progress and end come as `status` and `changed` events. */
  startCheck: method<null>()('cashier', nothing),
  /** The last check of this process; null: none yet. */
  lastCheck: method<CheckResult | null>()('cashier', nothing),
  /** Brings what differs in step and checks again; `lastCheck` tells what became of it. Ask for a confirmation before. */
  startRepair: method<null>()('manager', nothing),
  /** Starts the money check; `changed` with topic `check` says that `lastBooks` is there. */
  startBooks: method<null>()('cashier', nothing),
  /** The last money check of this process; null: none yet. */
  lastBooks: method<BooksResult | null>()('cashier', nothing),
  differingRows: method<Page<DifferingRow>>()('cashier', z.strictObject({ ...page, table: ref })),
  schemaCheck: method<SchemaShown>()('cashier', nothing),
  /** Applies exactly the fix that a `schemaCheck` showed; `SCHEMA_CHANGED` when it would be another by now. */
  schemaFix: method<SchemaFixShown>()('manager', z.strictObject({ shown: ref })),

  // ---------------------------------------------------------------------------------- settings, first run
  settings: method<SettingsShown>()('manager', nothing),
  saveSettings: method<SettingsShown>()('manager', settingsPatch),
  /** Tries a connection step by step and says which step ended it. Nothing is saved. */
  testConnection: method<ConnectionTest>()(
    'manager',
    z.strictObject({ hq: hqAddress, terminal: z.string().trim().min(1).max(100).nullable() }),
  ),
  setup: method<SetupShown>()('manager', nothing),
  /** The last step: makes payflow.db and loads it. Progress comes as `status` events. */
  finishSetup: method<null>()('manager', nothing),
  /** "Try it with a built-in demo shop": starts the demo inside the app. */
  startDemo: method<null>()('manager', nothing),
} as const;

export type Contract = typeof contract;
export type Method = keyof Contract;
export type Args<M extends Method> = z.infer<Contract[M]['args']>;
export type Result<M extends Method> =
  Contract[M] extends MethodSpec<z.ZodType, infer T> ? T : never;

export const METHODS = Object.keys(contract) as readonly Method[];

/** What a list shows may have changed; who shows it asks again. */
export const TOPICS = [
  'held',
  'rejected',
  'conflicts',
  'oversold',
  'runs',
  'notices',
  'check',
  'schema',
  'settings',
  'setup',
] as const;
export type Topic = (typeof TOPICS)[number];

/** Pushed by the host: the whole status whenever it changes (at most some ten times a second), and stale lists. */
export type HostEvent =
  | { readonly type: 'status'; readonly status: StatusView }
  | { readonly type: 'changed'; readonly topics: readonly Topic[] }
  /** A notification was clicked, or a menu item: show this screen. */
  | { readonly type: 'navigate'; readonly screen: Screen };

export const SCREENS = [
  'status',
  'held',
  'conflicts',
  'receipt',
  'history',
  'check',
  'schema',
  'settings',
  'setup',
] as const;
export type Screen = (typeof SCREENS)[number];

/** A failure crosses as a value: code and parameters survive, a trace never does. */
export type Reply<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      readonly error: {
        readonly code: string;
        readonly params: Readonly<Record<string, string | number>>;
      };
    };

/** What the host is, as IPC and HTTP see it. `role`: the caller's. */
export type Service = {
  readonly [M in Method]: (args: Args<M>) => Promise<Result<M>>;
};

/** What the preload puts on the window (`window.payflow`): named calls and one subscription that can be undone. */
export interface PayflowBridge {
  readonly call: { readonly [M in Method]: (args: Args<M>) => Promise<Reply<Result<M>>> };
  readonly subscribe: (listener: (event: HostEvent) => void) => () => void;
}

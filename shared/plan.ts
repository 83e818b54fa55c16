/**
 * The plan: the manifest completed from HQ's catalogue. Everything the engine knows about a table stands
 * here; no table or column name appears in the engine's code. Plain JSON, so that payflow.db can keep a copy
 * and every command that needs no HQ can read it.
 */

/** How a value travels. One codec per kind (`electron/sync/codec.ts`). */
export type ValueKind =
  | 'text' // text, varchar, char(n), enum, inet, interval, ... : HQ's own text
  | 'integer' // int2, int4, int8
  | 'decimal' // numeric, money
  | 'float' // float4, float8
  | 'boolean'
  | 'timestamp' // without time zone, holding UTC
  | 'timestamptz'
  | 'date'
  | 'time'
  | 'uuid'
  | 'bytes'
  | 'json' // json, jsonb: HQ's own text
  | 'array'; // any array: the text of to_json()

/** DESIGN 7.3. */
export type Strategy = 'newest' | 'hq' | 'terminal' | 'add' | 'append';

/** Which way a table travels. */
export type Direction = 'download' | 'upload' | 'both';

/**
 * Who sees a row (DESIGN 3.6). `via` names the foreign-key column whose parent decides.
 * As text in the feed: `*` everyone, `s:<store key>`, `t:<terminal key>`, `-` nobody.
 */
export type Scope =
  | { readonly kind: 'everyone' }
  | { readonly kind: 'store'; readonly column: string; readonly everyoneWhen?: string }
  | { readonly kind: 'terminal'; readonly column: string }
  | { readonly kind: 'via'; readonly column: string };

/** A reference of one column; `hard` is a foreign key, `soft` never holds a row. */
export interface Reference {
  readonly table: string;
  readonly hard: boolean;
}

/** A soft reference whose table is named by another column of the same row (audit_logs.record_id). */
export interface DynamicReference {
  readonly tableFrom: string;
}

/** One column that is synced: it exists at HQ, is not generated and not quiet-only. */
export interface ColumnPlan {
  /** Name at HQ. */
  readonly hq: string;
  /** Name in payflow.db. */
  readonly local: string;
  readonly kind: ValueKind;
  /** `format_type()` of HQ's column with its modifier, e.g. `numeric(15,4)`. */
  readonly hqType: string;
  /** The base type without modifier, for casts that must not truncate, e.g. `numeric`, `character varying`. */
  readonly castType: string;
  /** Digits after the point of a decimal, fractional second digits of a time; null where there is no limit. */
  readonly scale: number | null;
  readonly nullable: boolean;
  readonly strategy: Strategy;
  readonly reference: Reference | DynamicReference | null;
  /** Blank in kept rows (DESIGN 5.4). */
  readonly secret: boolean;
  /** HQ's default expression as `pg_get_expr` prints it, or null. */
  readonly hqDefault: string | null;
}

/** A column of HQ's table that exists in payflow.db too but does not sync: quiet, filled or generated ones. */
export interface UnsyncedColumn {
  readonly hq: string;
  readonly local: string;
  readonly kind: ValueKind;
  readonly hqType: string;
  readonly hqDefault: string | null;
  readonly nullable: boolean;
  /** HQ's generation expression (`a - b`), or null for an ordinary column. */
  readonly generatedAs: string | null;
}

/** One foreign key whose parent is a synced table. Only single-column keys to the parent's primary key. */
export interface ForeignKey {
  /** HQ's column name. */
  readonly column: string;
  readonly refTable: string;
  readonly nullable: boolean;
}

/** One unique constraint or index over plain columns, besides the primary key; HQ's column names. */
export interface UniqueKey {
  readonly name: string;
  readonly columns: readonly string[];
}

/** One table that is synced. */
export interface TablePlan {
  readonly name: string;
  /** HQ's schema, e.g. `public`. */
  readonly schema: string;
  /** Stable number of the table in payflow.db's `sync_row`, made of its name alone. */
  readonly number: number;
  readonly direction: Direction;
  readonly scope: Scope;
  /** Primary key columns at HQ, in order. */
  readonly key: readonly string[];
  /**
   * True: the key is one column of its own; the terminal holds it as `server_id` and not as a column.
   * False: a composite key (or one that is also a foreign key): its columns are ordinary columns as well and
   * `server_id` is the JSON array of their texts.
   */
  readonly ownKey: boolean;
  /** Kind of the own key; `integer` keys are drawn from `keySequence` at upload. */
  readonly keyKind: ValueKind;
  readonly keyCastType: string;
  /** Qualified name of the sequence behind a serial or identity key, or null. */
  readonly keySequence: string | null;
  /** Synced columns in the order that downloads, hashes and batches use; own keys are not among them. */
  readonly columns: readonly ColumnPlan[];
  readonly foreignKeys: readonly ForeignKey[];
  readonly uniques: readonly UniqueKey[];
  /** HQ columns whose changes are liveness, not data (DESIGN 3.1). Not synced. */
  readonly quiet: readonly string[];
  /**
   * Of the terminals' table, the quiet columns that each terminal says of itself (strategy `terminal`): told with the
   * heartbeat, for its own row alone. A plan of before has none.
   */
  readonly liveness?: readonly ColumnPlan[];
  /** HQ columns the engine fills at upload and `verify` does not compare; `batch` = the batch's id. */
  readonly fill: Readonly<Record<string, 'batch'>>;
  /** Rows that never sync: `column` begins with `prefix`. */
  readonly exclude: { readonly column: string; readonly prefix: string } | null;
  /** Columns that payflow.db has as well but that are neither captured nor compared: quiet, filled, generated. */
  readonly unsynced: readonly UnsyncedColumn[];
  /** Local name of the column for the terminal's own context, where HQ has none of that name; else null. */
  readonly addsTerminalColumn: string | null;
  /** Local name of the column that says which terminal a row belongs to, when HQ has one too; else null. */
  readonly terminalColumn: string | null;
  /** md5 over the catalogue facts of the synced columns; a new one re-baselines (DESIGN 3.8). */
  readonly fingerprint: string;
}

/** Which table names the terminals, so that the engine knows none by name. */
export interface TerminalTable {
  readonly table: string;
  readonly code: string;
  readonly store: string;
}

/** The whole plan; `tables` stand parents first. */
export interface Plan {
  readonly version: 1;
  readonly terminals: TerminalTable;
  readonly tables: readonly TablePlan[];
  /** md5 of the manifest and all fingerprints. */
  readonly fingerprint: string;
}

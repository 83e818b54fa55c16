import type { MessageParams } from '../../shared/errors.ts';
import { PayflowError } from '../../shared/errors.ts';
import type { Message } from '../../shared/report.ts';

/**
 * From what node-postgres and the network throw to codes of the catalogue. Nothing outside this folder looks into
 * a driver's error. Decided by SQLSTATE and Node's code; only errors that carry neither (node-postgres has a few)
 * are known by their text.
 */

/** The connection an error belongs to, for its sentence. Never the password. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly user: string;
}

/** What we read of an error; node-postgres' DatabaseError and Node's system errors both fit. */
interface ErrorFacts {
  readonly message: string;
  readonly code: string;
  readonly table: string | undefined;
  readonly column: string | undefined;
  readonly constraint: string | undefined;
  readonly detail: string | undefined;
}

type Known = (facts: ErrorFacts, target: Target | undefined) => readonly [string, MessageParams];

const where = (target: Target | undefined): string =>
  target === undefined ? 'none' : `${target.host}:${target.port}`;
const at =
  (code: string): Known =>
  (_, target) => [code, { where: where(target) }];
const told =
  (code: string): Known =>
  ({ message }) => [code, { detail: message }];
const plain =
  (code: string): Known =>
  () => [code, {}];
const login: Known = (_, target) => ['HQ_LOGIN_REFUSED', { user: target?.user ?? 'none' }];
const missingDatabase: Known = ({ message }) => [
  'HQ_DATABASE_MISSING',
  { database: /"(.+)"/.exec(message)?.[1] ?? 'none' },
];
const unreachable: Known = ({ message }, target) => [
  'HQ_UNREACHABLE',
  { where: where(target), detail: message },
];

/** A relation that is missing: our own schema (not installed) or a table of the shop. */
const missingTable: Known = (facts) => {
  const named = /relation "([^"]+)"/.exec(facts.message)?.[1] ?? facts.table;
  return named === undefined || named.startsWith('payflow_sync.')
    ? ['HQ_NOT_INSTALLED', {}]
    : ['HQ_TABLE_MISSING', { table: named }];
};

const missingColumn: Known = (facts) => {
  const named = /column "?([^" ]+)"? (?:of relation "([^"]+)" )?does not exist/.exec(facts.message);
  const [, column = '?', relation] = named ?? [];
  const [table, name] = column.includes('.') ? column.split('.', 2) : [relation, column];
  return ['HQ_COLUMN_MISSING', { table: table ?? facts.table ?? '?', column: name ?? column }];
};

const missingFunction: Known = (facts) =>
  facts.message.includes('payflow_sync.')
    ? ['HQ_NOT_INSTALLED', {}]
    : ['HQ_ERROR', { detail: facts.message, sqlState: facts.code }];

const known: Readonly<Record<string, Known>> = {
  // the network, by Node's codes
  ECONNREFUSED: at('HQ_REFUSED'),
  ENOENT: at('HQ_REFUSED'), // a Unix socket that is not there
  ENOTFOUND: at('HQ_DNS'),
  EAI_AGAIN: at('HQ_DNS'),
  EAI_FAIL: at('HQ_DNS'),
  EAI_NODATA: at('HQ_DNS'),
  ETIMEDOUT: at('HQ_TIMEOUT'),
  ECONNRESET: at('HQ_CONNECTION_LOST'),
  ECONNABORTED: at('HQ_CONNECTION_LOST'),
  EPIPE: at('HQ_CONNECTION_LOST'),
  ERR_STREAM_PREMATURE_CLOSE: at('HQ_CONNECTION_LOST'),
  ERR_STREAM_DESTROYED: at('HQ_CONNECTION_LOST'),
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  ENETDOWN: unreachable,
  EHOSTDOWN: unreachable,
  EADDRNOTAVAIL: unreachable,
  EACCES: unreachable,
  EPERM: unreachable,
  // connection exceptions
  '08000': at('HQ_CONNECTION_LOST'),
  '08003': at('HQ_CONNECTION_LOST'),
  '08006': at('HQ_CONNECTION_LOST'),
  '08001': unreachable,
  '08004': told('HQ_BUSY'),
  '08P01': unreachable, // not a PostgreSQL, or a proxy between
  // sign-in
  '28P01': login,
  '28000': login,
  '3D000': missingDatabase,
  // the server stops, starts or is at its limits
  '57P01': at('HQ_CONNECTION_LOST'),
  '57P02': at('HQ_CONNECTION_LOST'),
  '57P05': at('HQ_CONNECTION_LOST'), // idle session timeout
  '25P03': at('HQ_CONNECTION_LOST'), // idle in transaction timeout
  '25P04': at('HQ_CONNECTION_LOST'), // transaction timeout
  '57P03': told('HQ_BUSY'), // starting up or shutting down
  '53000': told('HQ_BUSY'),
  '53300': told('HQ_BUSY'), // too many connections
  '53400': told('HQ_BUSY'),
  '53100': plain('HQ_DISK_FULL'),
  '53200': told('HQ_BUSY'), // out of memory
  '40001': told('HQ_BUSY'),
  '40P01': told('HQ_BUSY'),
  '55P03': told('HQ_BUSY'), // lock timeout
  '55006': told('HQ_BUSY'),
  '57014': told('HQ_BUSY'), // statement timeout
  '25006': plain('HQ_READ_ONLY'),
  // the catalogue
  '3F000': plain('HQ_NOT_INSTALLED'),
  '42P01': missingTable,
  '42703': missingColumn,
  '42883': missingFunction,
  '42501': told('HQ_PRIVILEGE_MISSING'),
  // our own gate (resources/hq/001_feed.sql); PF001 is an answer, not a failure: see `isAlreadyApplied`
  PF002: plain('UPLOAD_HQ_BEHIND'),
  PF003: plain('UPLOAD_REVOKED'),
};

/** Errors that node-postgres throws without a code. */
const byText: readonly (readonly [RegExp, Known])[] = [
  [/timeout e(xpired|xceeded)|connection timeout|^Query read timeout/i, at('HQ_TIMEOUT')],
  [/^Connection terminated|^Client (was closed|has encountered)/, at('HQ_CONNECTION_LOST')],
  [/does not support SSL|SSL connection/i, told('HQ_TLS')],
  [/^SASL|password must be/, login],
];

const tlsCode =
  /^(ERR_(TLS|SSL|OSSL)_|CERT_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_(VERIFY|GET)_|CRL_|HOSTNAME_MISMATCH|INVALID_CA|EPROTO$)/;

function text(error: object, key: string): string | undefined {
  const value: unknown = Reflect.get(error, key);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A host with two addresses fails with an AggregateError: its first part says why. */
function factsOf(error: unknown): ErrorFacts {
  if (error instanceof AggregateError && error.errors.length > 0) return factsOf(error.errors[0]);
  const source = typeof error === 'object' && error !== null ? error : {};
  return {
    message: text(source, 'message') ?? String(error),
    code: text(source, 'code') ?? '',
    table: text(source, 'table'),
    column: text(source, 'column'),
    constraint: text(source, 'constraint'),
    detail: text(source, 'detail'),
  };
}

function findKnown({ code, message }: ErrorFacts): Known | undefined {
  if (Object.hasOwn(known, code)) return known[code];
  if (tlsCode.test(code)) return told('HQ_TLS');
  return byText.find(([pattern]) => pattern.test(message))?.[1];
}

const isSqlState = (code: string): boolean => /^[0-9A-Z]{5}$/.test(code) && /\d/.test(code);

/** Any failure of a call to HQ as a PayflowError, the driver's error as its cause. Never throws. */
export function toPayflowError(error: unknown, target?: Target): PayflowError {
  if (error instanceof PayflowError) return error;
  const facts = factsOf(error);
  const match = findKnown(facts);
  if (match !== undefined) {
    const [code, params] = match(facts, target);
    return new PayflowError(code, params, { cause: error });
  }
  if (isSqlState(facts.code)) {
    const params = { detail: facts.message, sqlState: facts.code };
    return new PayflowError('HQ_ERROR', params, { cause: error });
  }
  return new PayflowError('INTERNAL', {}, { cause: error });
}

/** The SQLSTATE of a driver's error, or null where the failure is not PostgreSQL's. */
export function sqlStateOf(error: unknown): string | null {
  const source = error instanceof PayflowError ? error.cause : error;
  const { code } = factsOf(source);
  return isSqlState(code) ? code : null;
}

/** The gate of DESIGN 6.2 says that this very batch is in HQ already: its outcome is to be read. */
export function isAlreadyApplied(error: unknown): boolean {
  return sqlStateOf(error) === 'PF001';
}

const rejections: Readonly<Record<string, string>> = {
  '23505': 'ROW_DUPLICATE',
  '23503': 'ROW_PARENT_MISSING',
  '23502': 'ROW_VALUE_MISSING',
  '23514': 'ROW_CHECK_FAILED',
  '23P01': 'ROW_EXCLUDED',
  '22001': 'ROW_TEXT_TOO_LONG',
  '22003': 'ROW_NUMBER_TOO_LARGE',
  '22P02': 'ROW_VALUE_INVALID',
  '22P03': 'ROW_VALUE_INVALID',
  '22P05': 'ROW_VALUE_INVALID', // an escaped NUL in a jsonb
  '22007': 'ROW_VALUE_INVALID',
  '22008': 'ROW_VALUE_INVALID',
  '22021': 'ROW_VALUE_INVALID',
  '22030': 'ROW_VALUE_INVALID',
  '42501': 'ROW_NOT_ALLOWED',
};

/** Their detail is the row as a whole ("Failing row contains ..."), secrets among it. */
const wholeRow: ReadonlySet<string> = new Set(['23502', '23514', '44000']);

/** Why HQ refused a row, in plain words (DESIGN 6.4). Whether it is the row's fault says `decide` (sync/retry.ts). */
export function toRejection(error: unknown): Message & { readonly sqlState: string } {
  const facts = factsOf(error instanceof PayflowError ? error.cause : error);
  return {
    code: rejections[facts.code] ?? 'ROW_REFUSED',
    params: {
      detail: wholeRow.has(facts.code) ? facts.message : (facts.detail ?? facts.message),
      column: facts.column ?? '?',
      constraint: facts.constraint ?? 'none',
      sqlState: facts.code,
    },
    sqlState: facts.code,
  };
}

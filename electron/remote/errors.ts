import type { MessageParams } from '../../shared/errors.ts';
import { PayflowError } from '../../shared/errors.ts';
import type { Message } from '../../shared/report.ts';
import { signalOf } from '../sync/retry.ts';

/**
 * From what node-postgres and the network throw to codes of the catalogue. Nothing outside this folder looks into
 * a driver's error. Decided by SQLSTATE and Node's code in the table of `sync/retry.ts`; only errors that carry neither
 * (node-postgres has a few) are known by their text.
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

/** What the sentences of the catalogue need to be told; the others need nothing. */
const paramsOf: Readonly<
  Record<string, (facts: ErrorFacts, target: Target | undefined) => MessageParams>
> = {
  HQ_REFUSED: (_, target) => ({ where: where(target) }),
  HQ_DNS: (_, target) => ({ where: where(target) }),
  HQ_TIMEOUT: (_, target) => ({ where: where(target) }),
  HQ_CONNECTION_LOST: (_, target) => ({ where: where(target) }),
  HQ_UNREACHABLE: ({ message }, target) => ({ where: where(target), detail: message }),
  HQ_LOGIN_REFUSED: (_, target) => ({ user: target?.user ?? 'none' }),
  HQ_DATABASE_MISSING: ({ message }) => ({ database: /"(.+)"/.exec(message)?.[1] ?? 'none' }),
  HQ_TLS: ({ message }) => ({ detail: message }),
  HQ_BUSY: ({ message }) => ({ detail: message }),
  HQ_PRIVILEGE_MISSING: ({ message }) => ({ detail: message }),
  HQ_ERROR: ({ message, code }) => ({ detail: message, sqlState: code }),
};

const as =
  (failure: string): Known =>
  (facts, target) => [
    failure,
    Object.hasOwn(paramsOf, failure) ? (paramsOf[failure]?.(facts, target) ?? {}) : {},
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

const missingFunction: Known = (facts, target) =>
  as(facts.message.includes('payflow_sync.') ? 'HQ_NOT_INSTALLED' : 'HQ_ERROR')(facts, target);

/** Where the code alone does not say whose it is: ours, or the shop's. */
const byName: Readonly<Record<string, Known>> = {
  '42P01': missingTable,
  '42703': missingColumn,
  '42883': missingFunction,
};

/** Errors that node-postgres throws without a code. */
const byText: readonly (readonly [RegExp, Known])[] = [
  [/timeout e(xpired|xceeded)|connection timeout|^Query read timeout/i, as('HQ_TIMEOUT')],
  [/^Connection terminated|^Client (was closed|has encountered)/, as('HQ_CONNECTION_LOST')],
  [/does not support SSL|SSL connection/i, as('HQ_TLS')],
  [/^SASL|password must be/, as('HQ_LOGIN_REFUSED')],
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
  if (Object.hasOwn(byName, code)) return byName[code];
  const signal = signalOf(code);
  if (signal !== null) return as(signal.failure);
  if (tlsCode.test(code)) return as('HQ_TLS');
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
    const [code, params] = as('HQ_ERROR')(facts, target);
    return new PayflowError(code, params, { cause: error });
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

/** Their detail is the row as a whole ("Failing row contains ..."), secrets among it. */
const wholeRow: ReadonlySet<string> = new Set(['23502', '23514', '44000']);

/** Why HQ refused a row, in plain words (DESIGN 6.4). Whether it is the row's fault says `decide` (sync/retry.ts). */
export function toRejection(error: unknown): Message & { readonly sqlState: string } {
  const facts = factsOf(error instanceof PayflowError ? error.cause : error);
  return {
    code: signalOf(facts.code)?.row ?? 'ROW_REFUSED',
    params: {
      detail: wholeRow.has(facts.code) ? facts.message : (facts.detail ?? facts.message),
      column: facts.column ?? '?',
      constraint: facts.constraint ?? 'none',
      sqlState: facts.code,
    },
    sqlState: facts.code,
  };
}

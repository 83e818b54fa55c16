import net from 'node:net';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { PayflowError } from '../../shared/errors.ts';
import { failureKind } from '../../shared/failures.ts';
import { loadCatalogue } from '../host/messages.ts';
import { decide, SIGNAL_CLASSES, SIGNALS } from '../sync/retry.ts';
import { isAlreadyApplied, sqlStateOf, toPayflowError, toRejection } from './errors.ts';

const target = { host: 'hq', port: 5432, user: 'till' };

function databaseError(code: string, message = 'x', more: object = {}): pg.DatabaseError {
  return Object.assign(new pg.DatabaseError(message, 0, 'error'), { code, ...more });
}

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

describe('what the driver throws becomes a code', () => {
  const cases: [name: string, error: unknown, code: string, params: object][] = [
    ['refused', systemError('ECONNREFUSED'), 'HQ_REFUSED', { where: 'hq:5432' }],
    [
      'refused on both addresses',
      new AggregateError([systemError('ECONNREFUSED')]),
      'HQ_REFUSED',
      {},
    ],
    ['no such host', systemError('ENOTFOUND'), 'HQ_DNS', {}],
    ['no name server', systemError('EAI_AGAIN'), 'HQ_DNS', {}],
    ['no answer', systemError('ETIMEDOUT'), 'HQ_TIMEOUT', {}],
    ['connect timeout', new Error('timeout expired'), 'HQ_TIMEOUT', {}],
    ['pool timeout', new Error('timeout exceeded when trying to connect'), 'HQ_TIMEOUT', {}],
    ['cut', systemError('ECONNRESET'), 'HQ_CONNECTION_LOST', {}],
    ['ended', new Error('Connection terminated unexpectedly'), 'HQ_CONNECTION_LOST', {}],
    ['terminated', databaseError('57P01'), 'HQ_CONNECTION_LOST', {}],
    ['starting', databaseError('57P03', 'starting up'), 'HQ_BUSY', { detail: 'starting up' }],
    ['too many', databaseError('53300'), 'HQ_BUSY', {}],
    ['password', databaseError('28P01'), 'HQ_LOGIN_REFUSED', { user: 'till' }],
    [
      'no password',
      new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string'),
      'HQ_LOGIN_REFUSED',
      {},
    ],
    ['no database', databaseError('3D000'), 'HQ_DATABASE_MISSING', {}],
    ['no TLS', new Error('The server does not support SSL connections'), 'HQ_TLS', {}],
    ['self-signed', systemError('DEPTH_ZERO_SELF_SIGNED_CERT'), 'HQ_TLS', {}],
    ['other name', systemError('ERR_TLS_CERT_ALTNAME_INVALID'), 'HQ_TLS', {}],
    ['disk', databaseError('53100'), 'HQ_DISK_FULL', {}],
    ['standby', databaseError('25006'), 'HQ_READ_ONLY', {}],
    [
      'not installed',
      databaseError('42P01', 'relation "payflow_sync.feed" does not exist'),
      'HQ_NOT_INSTALLED',
      {},
    ],
    ['no schema', databaseError('3F000'), 'HQ_NOT_INSTALLED', {}],
    [
      'no table',
      databaseError('42P01', 'relation "public.orders" does not exist'),
      'HQ_TABLE_MISSING',
      { table: 'public.orders' },
    ],
    [
      'no column',
      databaseError('42703', 'column "vip" of relation "customers" does not exist'),
      'HQ_COLUMN_MISSING',
      { table: 'customers', column: 'vip' },
    ],
    [
      'no aliased column',
      databaseError('42703', 'column c.vip does not exist'),
      'HQ_COLUMN_MISSING',
      { table: 'c', column: 'vip' },
    ],
    ['no right', databaseError('42501'), 'HQ_PRIVILEGE_MISSING', {}],
    ['restored', databaseError('PF002'), 'UPLOAD_HQ_BEHIND', {}],
    ['clone', databaseError('PF003'), 'UPLOAD_REVOKED', {}],
    [
      'anything else of PostgreSQL',
      databaseError('42601', 'syntax'),
      'HQ_ERROR',
      { detail: 'syntax', sqlState: '42601' },
    ],
    ['a bug', new TypeError('x is not a function'), 'INTERNAL', {}],
    ['no error at all', 'boom', 'INTERNAL', {}],
  ];
  test.each(cases)('%s', (_, error, code, params) => {
    const failure = toPayflowError(error, target);
    expect(failure.code).toBe(code);
    expect(failure.params).toMatchObject(params);
    expect(failure.cause).toBe(error);
  });
});

describe('9: every line of the retry table leaves as its failure of the catalogue', () => {
  const catalogue = loadCatalogue();
  const classes = Object.entries(SIGNAL_CLASSES).map(
    ([group, signal]) => [`${group}999`, signal] as const,
  );
  test.each([...Object.entries(SIGNALS), ...classes])('%s', (code, { failure, row }) => {
    const error = code.startsWith('E') ? systemError(code) : databaseError(code);
    const message =
      code === '42P01'
        ? 'relation "shop" does not exist'
        : 'function payflow_sync.gate does not exist';
    error.message = message;

    const thrown = toPayflowError(error, target);

    expect(thrown.code).toBe(failure);
    expect(catalogue.entries.get(failure)).toHaveProperty('safe');
    if (row === undefined) return;
    expect(toRejection(error).code).toBe(row);
    expect(catalogue.entries.has(row)).toBe(true);
  });
});

test('9: what is shown as passing or offline is tried again, what is shown as stopped waits for a person', () => {
  const odd = [...loadCatalogue().entries]
    .filter(([code, entry]) => typeof entry === 'object' && 'safe' in entry && !decidedByRow(code))
    .filter(([code]) => {
      const kind = failureKind(code);
      const { action } = decide(code);
      return kind === 'connection' || kind === 'passing' ? action !== 'retry' : action === 'retry';
    })
    .map(([code]) => code);
  // Shown as stopped, because only a person can help; but what helps happens elsewhere, so it is tried like a busy HQ.
  // A lost thread comes again by itself; while it does not, it is shown at once.
  expect(odd.toSorted()).toEqual(['CANCELLED', 'ENGINE_THREAD_LOST', 'HQ_DISK_FULL']);
});

/** Codes of rows, not of runs. */
const decidedByRow = (code: string): boolean => decide(code).action === 'reject';

test('a PayflowError passes through', () => {
  const failure = new PayflowError('X');
  expect(toPayflowError(failure)).toBe(failure);
});

test('a real refused connection is HQ_REFUSED, on a port that nobody listens on', async () => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  const port = typeof address === 'object' && address !== null ? address.port : 1;
  const client = new pg.Client({ host: 'localhost', port, user: 'u', database: 'd' });
  const error: unknown = await client.connect().catch((reason: unknown) => reason);
  expect(toPayflowError(error).code).toBe('HQ_REFUSED');
});

test('a refused row says why', () => {
  const error = databaseError('23505', 'duplicate key', {
    constraint: 'products_sku_key',
    detail: 'Key (sku)=(A1) already exists.',
  });
  expect(toRejection(error)).toEqual({
    code: 'ROW_DUPLICATE',
    sqlState: '23505',
    params: {
      detail: 'Key (sku)=(A1) already exists.',
      column: '?',
      constraint: 'products_sku_key',
      sqlState: '23505',
    },
  });
  expect(toRejection(databaseError('P0001', 'closed')).code).toBe('ROW_REFUSED');
});

test('the gate says that a batch is there already', () => {
  expect(isAlreadyApplied(databaseError('PF001'))).toBe(true);
  expect(isAlreadyApplied(databaseError('PF002'))).toBe(false);
  expect(sqlStateOf(systemError('EPIPE'))).toBe(null);
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  backoff,
  decide,
  LONGEST_WAIT_MS,
  SIGNAL_CLASSES,
  signalOf,
  SIGNALS,
  type Decision,
} from './retry.ts';

describe('9: what PostgreSQL and the network say is retried, rejected or stops, by one table', () => {
  const words = (text: string): string[] => text.trim().split(/\s+/);
  const expected: Record<Decision['action'], string[]> = {
    retry: words(`
      ECONNREFUSED ENOENT ENOTFOUND EAI_AGAIN EAI_FAIL EAI_NODATA ETIMEDOUT ECONNRESET ECONNABORTED ENOTCONN ESHUTDOWN
      EPIPE ENETRESET ERR_STREAM_PREMATURE_CLOSE ERR_STREAM_DESTROYED EHOSTUNREACH ENETUNREACH ENETDOWN EHOSTDOWN
      EADDRNOTAVAIL EACCES EPERM 08001 08004 08P01 57P01 57P02 57P03 57P05 57014 25P03 25P04 25006 40001 40P01 53100
      55006 55P03 PF004`),
    reject: words(`
      22001 22003 22007 22008 22021 22030 22P02 22P03 22P05 23001 23502 23503 23505 23514 23P01 42501 44000 P0001 P0004`),
    stop: words('28000 28P01 3D000 3F000 42703 42883 42P01 57P04 PF002 PF003'),
  };
  for (const [action, codes] of Object.entries(expected))
    test.each(codes)(`%s -> ${action}`, (code) => {
      expect(decide(code).action).toBe(action);
    });

  test('no line of the table is left out above', () => {
    expect(Object.values(expected).flat().toSorted()).toEqual(Object.keys(SIGNALS).toSorted());
  });

  test('a line rejects if and only if it says why a row was refused', () => {
    const lines = [...Object.entries(SIGNALS), ...Object.entries(SIGNAL_CLASSES)];
    const odd = lines.filter(
      ([, { row, decision }]) => (row !== undefined) !== (decision?.action === 'reject'),
    );
    expect(odd).toEqual([]);
  });
});

test.each([
  ['08006', 'retry'], // by its class
  ['08007', 'retry'],
  ['40002', 'retry'],
  ['53300', 'retry'],
  ['58030', 'retry'],
  ['22012', 'reject'],
  ['23001', 'reject'],
  ['HQ_REFUSED', 'retry'],
  ['HQ_DISK_FULL', 'retry'],
  ['LOCAL_LOCKED', 'retry'],
  ['ENGINE_THREAD_LOST', 'retry'],
  ['HQ_LOGIN_REFUSED', 'stop'],
  ['LOCAL_DAMAGED', 'stop'],
  ['42601', 'stop'], // a statement of ours that is wrong
  ['XX000', 'stop'],
  ['INTERNAL', 'stop'],
  ['toString', 'stop'],
  ['', 'stop'],
])('9: %s -> %s', (code, action) => {
  expect(decide(code).action).toBe(action);
});

test('only codes of PostgreSQL and the network are lines of their own', () => {
  expect(signalOf('HQ_BUSY')).toBe(null);
  expect(signalOf('toString')).toBe(null);
  expect(signalOf('53300')).toMatchObject({ failure: 'HQ_BUSY' });
});

test('9: waits grow, are spread, and none is so long that a healed fault lasts a minute', () => {
  const attempts = fc.integer({ min: -1, max: 10_000 });
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  const codes = [...Object.keys(SIGNALS), 'HQ_DNS', 'HQ_BUSY', 'LOCAL_LOCKED', 'INTERNAL', ''];
  fc.assert(
    fc.property(fc.constantFrom(...codes), attempts, random, (code, attempt, dice) => {
      const decision = decide(code);
      const wait = backoff(decision, attempt, dice);
      expect(wait).toBeGreaterThanOrEqual(decision.minMs / 2);
      expect(wait).toBeLessThanOrEqual(Math.min(decision.maxMs, LONGEST_WAIT_MS));
      expect(backoff(decision, attempt + 1, dice)).toBeGreaterThanOrEqual(wait);
    }),
  );
  expect(LONGEST_WAIT_MS).toBeLessThan(60_000);
  expect(backoff(decide('HQ_DNS'), 1, 0)).toBe(500);
  expect(backoff(decide('HQ_DNS'), 100, 0.999_99)).toBe(LONGEST_WAIT_MS);
});

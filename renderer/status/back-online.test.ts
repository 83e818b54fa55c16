import { expect, test } from 'vitest';
import type { StatusView } from '../../shared/views.ts';
import { fakeStatus } from '../testing/fake-states.ts';
import { hear, type Absence } from './back-online.ts';

const now = Date.UTC(2026, 10, 22, 14, 32);
const offline = fakeStatus('offline', now);
const syncing = fakeStatus('syncing', now);
const ran = (
  at: number,
  sent: number,
  status: 'completed' | 'failed' = 'completed',
): StatusView => ({
  ...fakeStatus('idle', now),
  lastRun: { at, status, received: 0, sent },
});

function said(views: readonly StatusView[]): (number | null)[] {
  let absence: Absence | null = null;
  return views.map((view) => {
    const heard = hear(absence, view);
    absence = heard.absence;
    return heard.sent;
  });
}

test('one line after an absence, when the first run is done, with what that run sent', () => {
  expect(said([offline, offline, syncing, ran(now, 14), ran(now + 1, 2)])).toEqual([
    null,
    null,
    null,
    14,
    null,
  ]);
});

test('nothing is said before the run after the absence, nor of one that did not finish', () => {
  const before = offline.lastRun?.at ?? 0;
  expect(said([offline, ran(before, 3), ran(now, 0, 'failed'), ran(now + 1, 5)])).toEqual([
    null,
    null,
    null,
    5,
  ]);
});

test('a window that never saw an absence says nothing', () => {
  expect(said([ran(now, 4), syncing, ran(now + 1, 9)])).toEqual([null, null, null]);
});

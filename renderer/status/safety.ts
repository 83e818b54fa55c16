import type { StatusView } from '../../shared/views.ts';

/**
 * The answer to the cashier's one question. at-hq: every sale is at HQ. here: saved on this terminal, and selling can go
 * on. disk: so far, because the disk is nearly full. careful: the failure itself says what is safe, because saving further
 * sales may not be. none: before the setup.
 */
export type Safety = 'at-hq' | 'here' | 'disk' | 'careful' | 'none';

/** Failures under which the till's own file may not take another sale, or under which sales belong on another machine. */
const risky = new Set([
  'CLONE_REFUSED',
  'CLONE_TWIN',
  'LOCAL_FULL',
  'LOCAL_DAMAGED',
  'LOCAL_READ_ONLY',
  'LOCAL_CAPTURE_OFF',
  'LOCAL_NOT_FOUND',
  'LOCAL_GONE',
  'LOCAL_NOT_A_DATABASE',
  'LOCAL_NO_PERMISSION',
  'LOCAL_NO_WAL',
]);

export function safetyOf({ status, facts }: Pick<StatusView, 'status' | 'facts'>): Safety {
  if (status.state === 'setup') return 'none';
  if (facts.error !== null && risky.has(facts.error.code)) return 'careful';
  if (status.causes.some(({ code }) => risky.has(code))) return 'careful';
  if (facts.diskLow) return 'disk';
  const open = facts.waiting + facts.held + facts.rejected;
  // Rows that differ from HQ may be sales.
  return open === 0 && facts.differing === null && facts.oldestUnsentAt === null && facts.loaded
    ? 'at-hq'
    : 'here';
}

import type { Screen } from '../../shared/contract.ts';
import { isCloneRefused } from '../../shared/failures.ts';
import type { StatusView } from '../../shared/views.ts';

/** The one step that a state asks for (UX.md). `open` goes to where the cause is dealt with. */
export type MainAction =
  | { readonly type: 'sync' | 'try' | 'cancel' | 'resume' | 'setup' | 'take-over' }
  | {
      readonly type: 'review' | 'fix';
      readonly screen: Screen;
      readonly place?: string;
    };

interface Place {
  readonly screen: Screen;
  readonly place?: string;
}

const connection: Place = { screen: 'settings', place: 'settings-connection' };
const terminal: Place = { screen: 'settings', place: 'settings-terminal' };

const places: readonly (readonly [RegExp, Place])[] = [
  [/^STATUS_(ROWS_SKIPPED|CONFIRM)$/, { screen: 'held' }],
  [/^STATUS_(FILE_RESTORED|HQ_RESTORED|HQ_MOVED|TAKEN_OVER|CHECK_DIFFERS)$/, { screen: 'check' }],
  [/^STATUS_OVERSOLD$/, { screen: 'conflicts' }],
  [/^STATUS_LAST_RUN_OPEN$/, { screen: 'history' }],
  [/^(HQ_(LOGIN_REFUSED|DATABASE_MISSING|TLS|STANDBY|DIFFERS)|SETTINGS_\w+)$/, connection],
  [/^STATUS_API_/, { screen: 'settings', place: 'settings-api' }],
  [/^TERMINAL_\w+$/, terminal],
  [
    /^(LOCAL_SCHEMA_BLOCKED|HQ_TABLE_MISSING|HQ_COLUMN_MISSING|MANIFEST_\w+)$/,
    { screen: 'schema' },
  ],
];

/** Where a cause or failure is dealt with; null: nowhere in this window (the disk, the clock, HQ's server). */
export function placeOf(code: string): Place | null {
  return places.find(([pattern]) => pattern.test(code))?.[1] ?? null;
}

/** The main button of a status. A cause that no screen can deal with leaves "Sync now", which tries again. */
export function mainAction({ status, facts }: Pick<StatusView, 'status' | 'facts'>): MainAction {
  const place = placeOf(status.reason.code);
  switch (status.state) {
    case 'setup':
      return { type: 'setup' };
    case 'error':
      if (isCloneRefused(status.reason.code)) return { type: 'take-over' };
      return place === null ? { type: 'try' } : { type: 'fix', ...place };
    case 'paused':
      return { type: 'resume' };
    case 'offline':
      return { type: 'try' };
    case 'syncing':
      return facts.running === null ? { type: 'sync' } : { type: 'cancel' };
    case 'attention':
      return place === null ? { type: 'sync' } : { type: 'review', ...place };
    case 'idle':
      return { type: 'sync' };
  }
}

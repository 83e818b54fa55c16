import { notifications } from '@mantine/notifications';
import { useMemo } from 'react';
import type { Pause } from '../../shared/contract.ts';
import type { RunDirection } from '../../shared/report.ts';
import { asCallFailed, useBridge } from '../bridge/bridge.ts';
import { useText } from '../i18n/use-text.ts';

export interface SyncActions {
  readonly start: (direction?: RunDirection) => void;
  readonly cancel: () => void;
  readonly pause: (how: Pause) => void;
  readonly resume: () => void;
}

/**
 * The acts that the state line, the Status screen and the keyboard share. What they did is seen in the state; only
 * what the state does not show, and what did not work, is said in a passing line.
 */
export function useSyncActions(): SyncActions {
  const bridge = useBridge();
  const t = useText();
  return useMemo(() => {
    const run = (work: Promise<unknown>): void => {
      work.catch((error: unknown) => {
        notifications.show({ color: 'red', message: t.message(asCallFailed(error)) });
      });
    };
    return {
      start: (direction = 'both') => {
        run(
          bridge.call('startSync', { direction }).then(({ queued }) => {
            if (queued) notifications.show({ role: 'status', message: t('shell.sync-queued') });
          }),
        );
      },
      cancel: () => {
        run(bridge.call('cancelSync', {}));
      },
      pause: (how) => {
        run(bridge.call('pause', { how }));
      },
      resume: () => {
        run(bridge.call('resume', {}));
      },
    };
  }, [bridge, t]);
}

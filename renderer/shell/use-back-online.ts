import { notifications } from '@mantine/notifications';
import { useEffect, useRef } from 'react';
import { useText } from '../i18n/use-text.ts';
import { hear, type Absence } from '../status/back-online.ts';
import { useStatus } from '../status/status-store.ts';

/** One quiet line after an absence: "Back online. 14 changes sent." */
export function useBackOnline(): void {
  const t = useText();
  const view = useStatus();
  const absence = useRef<Absence | null>(null);
  useEffect(() => {
    if (view === null) return;
    const heard = hear(absence.current, view);
    absence.current = heard.absence;
    if (heard.sent !== null) {
      notifications.show({
        role: 'status',
        color: 'green',
        message: t('shell.back-online', { sent: heard.sent }),
      });
    }
  }, [view, t]);
}

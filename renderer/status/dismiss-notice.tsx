import { Button } from '@mantine/core';
import type { Message } from '../../shared/report.ts';
import type { StatusView } from '../../shared/views.ts';
import { useCall } from '../bridge/use-call.ts';
import { Said } from '../components/said.tsx';
import { useAct } from '../components/use-act.ts';
import { useIsManager } from '../components/use-is-manager.ts';
import { useText } from '../i18n/use-text.ts';
import { useStatus } from './status-store.ts';

/** The notice that a cause is; null: it is another kind of cause, or has gone. */
export function noticeOf(
  cause: Message,
  view: Pick<StatusView, 'facts'> | null,
): StatusView['facts']['notices'][number] | null {
  return view?.facts.notices.find(({ code }) => code === cause.code) ?? null;
}

/** For a manager who has read it. No question before it: nothing changes but this, and History keeps the notice. */
export function DismissNotice({ cause }: { readonly cause: Message }) {
  const t = useText();
  const call = useCall();
  const acting = useAct();
  const notice = noticeOf(cause, useStatus());
  const manager = useIsManager();
  if (notice === null || !manager) return null;
  return (
    <>
      <Button
        variant="default"
        style={{ flexShrink: 0 }}
        loading={acting.busy !== null}
        aria-label={`${t('status.dismiss')}: ${t.status(cause).headline}`}
        onClick={() => {
          acting.act('dismiss', async () => {
            await call('dismissNotice', { id: notice.id });
            return null;
          });
        }}
      >
        {t('status.dismiss')}
      </Button>
      {acting.error === null ? null : <Said acting={acting} />}
    </>
  );
}

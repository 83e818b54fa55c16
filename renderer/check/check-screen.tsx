import { Button, Stack, Text } from '@mantine/core';
import { IconPlayerStop, IconScale } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import type { CheckResult } from '../../shared/views.ts';
import { useCall } from '../bridge/use-call.ts';
import { useQuery } from '../bridge/use-query.ts';
import { Empty } from '../components/empty.tsx';
import { Loaded } from '../components/loaded.tsx';
import { Said } from '../components/said.tsx';
import { Screen } from '../components/screen.tsx';
import { useAct } from '../components/use-act.ts';
import { useText } from '../i18n/use-text.ts';
import { useStatus } from '../status/status-store.ts';
import { CheckProgress } from './check-progress.tsx';
import { CheckResultView } from './check-result.tsx';
import { checkRunning } from './check-words.ts';

/** Whether a check was asked for and has not answered yet: it may stand behind a sync before it runs. */
function useAsked(last: CheckResult | null | undefined, running: boolean, reload: () => void) {
  const [asked, setAsked] = useState<{ readonly last: number | null; ran: boolean } | null>(null);
  const at = last?.at ?? null;
  const ended = asked !== null && (at !== asked.last || (asked.ran && !running));
  useEffect(() => {
    if (asked !== null && running && !asked.ran) setAsked({ ...asked, ran: true });
    if (ended) {
      setAsked(null);
      reload();
    }
  }, [asked, running, ended, reload]);
  return {
    asked: asked !== null && !ended,
    ask: () => {
      setAsked({ last: at, ran: false });
    },
    forget: () => {
      setAsked(null);
    },
  };
}

/** Whether both sides really hold the same: starts a check, shows how far it is and what it found. */
export function CheckScreen() {
  const t = useText();
  const call = useCall();
  const status = useStatus();
  const acting = useAct();
  const query = useQuery('lastCheck', {}, ['check']);
  const running = checkRunning(status);
  const { asked, ask, forget } = useAsked(query.data, running !== null, query.reload);
  const busy = running !== null || asked;

  const start = (): void => {
    ask();
    acting.act('start', async () => {
      try {
        await call('startCheck', {});
      } catch (error) {
        forget();
        throw error;
      }
      return null;
    });
  };
  const stop = (): void => {
    acting.act('stop', async () => {
      await call('cancelSync', {});
      forget();
      return null;
    });
  };

  const done = query.data !== undefined && query.data !== null;
  const button = busy ? (
    <Button
      variant="default"
      leftSection={<IconPlayerStop aria-hidden />}
      loading={acting.busy === 'stop'}
      onClick={stop}
    >
      {t('check.cancel')}
    </Button>
  ) : (
    <Button leftSection={<IconScale aria-hidden />} onClick={start}>
      {t(done ? 'check.again' : 'check.start')}
    </Button>
  );

  return (
    <Screen title={t('check.title')} actions={button}>
      <Text maw={760}>{t('check.about')}</Text>
      <Said acting={acting} />
      {busy ? <CheckProgress running={running} progress={status?.progress ?? []} /> : null}
      <Loaded query={query}>
        {(result) =>
          result === null ? (
            busy ? null : (
              <Empty icon={<IconScale size={36} />} title={t('check.empty')}>
                {t('check.empty.more')}
              </Empty>
            )
          ) : (
            <Stack style={busy ? { opacity: 0.6 } : {}} gap="lg">
              <CheckResultView result={result} />
            </Stack>
          )
        }
      </Loaded>
    </Screen>
  );
}

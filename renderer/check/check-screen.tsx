import { Button, Stack, Text } from '@mantine/core';
import { IconPlayerStop, IconScale } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useCall } from '../bridge/use-call.ts';
import { useQuery } from '../bridge/use-query.ts';
import { Empty } from '../components/empty.tsx';
import { Loaded } from '../components/loaded.tsx';
import { Said } from '../components/said.tsx';
import { Screen } from '../components/screen.tsx';
import { useAct } from '../components/use-act.ts';
import { useIsManager } from '../components/use-is-manager.ts';
import { useText } from '../i18n/use-text.ts';
import { useStatus } from '../status/status-store.ts';
import { CheckProgress } from './check-progress.tsx';
import { CheckResultView } from './check-result.tsx';
import { useCheckStore } from './check-store.ts';
import { checkRunning } from './check-words.ts';
import { MoneyCheck } from './money-check.tsx';
import { RepairDialog } from './repair-dialog.tsx';

/** The check that was asked for and has not answered yet; looks for its end. */
function useAsked(at: number | null | undefined, running: boolean, reload: () => void): boolean {
  const { asked, saw } = useCheckStore();
  const waits = asked !== null;
  useEffect(() => {
    if (at !== undefined) saw(running, at);
  }, [at, running, saw]);
  // Its end is announced as well; asked for here in case that was missed.
  useEffect(() => {
    if (!waits) reload();
  }, [waits, reload]);
  return waits;
}

/** Whether both sides really hold the same: starts a check, shows how far it is and what it found. */
export function CheckScreen() {
  const t = useText();
  const call = useCall();
  const status = useStatus();
  const acting = useAct();
  const query = useQuery('lastCheck', {}, ['check']);
  const running = checkRunning(status);
  const { ask, forget } = useCheckStore();
  const last = query.data === undefined ? undefined : (query.data?.at ?? null);
  const asked = useAsked(last, running !== null, query.reload);
  const busy = running !== null || asked;

  const manager = useIsManager();
  const [sure, setSure] = useState(false);

  const start = (method: 'startCheck' | 'startRepair'): void => {
    ask(last ?? null);
    acting.act('start', async () => {
      try {
        await call(method, {});
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
    <Button
      leftSection={<IconScale aria-hidden />}
      onClick={() => {
        start('startCheck');
      }}
    >
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
              <CheckResultView
                result={result}
                {...(manager && !busy
                  ? {
                      onRepair: () => {
                        setSure(true);
                      },
                    }
                  : {})}
              />
            </Stack>
          )
        }
      </Loaded>
      <MoneyCheck busy={busy} />
      {sure ? (
        <RepairDialog
          onYes={() => {
            setSure(false);
            start('startRepair');
          }}
          onClose={() => {
            setSure(false);
          }}
        />
      ) : null}
    </Screen>
  );
}

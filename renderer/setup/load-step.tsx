import { Button, Group, List, Loader, Paper, Progress, Stack, Text } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import type { HqAddressForm } from '../../shared/contract.ts';
import { isCloneRefused } from '../../shared/failures.ts';
import type { SetupShown, TableProgress } from '../../shared/views.ts';
import { useCall } from '../bridge/use-call.ts';
import { useQuery } from '../bridge/use-query.ts';
import { Failure } from '../components/failure.tsx';
import { Said } from '../components/said.tsx';
import { tableLabel } from '../components/table-label.ts';
import { useAct } from '../components/use-act.ts';
import type { Text as Texts } from '../i18n/text.ts';
import { useText } from '../i18n/use-text.ts';
import { TestOutcome } from '../settings/test-connection.tsx';
import { useStatus } from '../status/status-store.ts';
import { TakeOver } from '../status/take-over.tsx';
import { StepFrame } from './step-frame.tsx';

interface LoadStepProps {
  readonly setup: SetupShown;
  /** HQ's saved address. */
  readonly hq: HqAddressForm;
  readonly terminal: string;
  readonly onBack: () => void;
}

/** The check of the connection, then the first load with its progress. */
export function LoadStep({ setup, hq, terminal, onBack }: LoadStepProps) {
  const t = useText();
  const call = useCall();
  const acting = useAct();
  const start = (): void => {
    acting.act('load', async () => {
      await call('finishSetup', {});
      return null;
    });
  };
  if (setup.running) {
    return (
      <StepFrame title={t('setup.load.title')} about={t('setup.load.about')} next={null}>
        <LoadProgress />
      </StepFrame>
    );
  }
  return (
    <StepFrame
      title={t('setup.load.title')}
      about={t('setup.load.about')}
      onBack={onBack}
      next={{
        label: t(setup.error === null ? 'setup.load.start' : 'setup.load.again'),
        busy: acting.busy !== null,
        onNext: start,
      }}
    >
      <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
        {t('setup.load.where', { terminal, host: hq.host })}
      </Text>
      {setup.error === null ? (
        <ConnectionCheck hq={hq} terminal={terminal} />
      ) : (
        <Stack gap="sm" align="flex-start">
          <Failure error={setup.error} />
          {isCloneRefused(setup.error.code) ? (
            <TakeOver label={t('status.main-take-over')} />
          ) : null}
        </Stack>
      )}
      <Said acting={acting} />
    </StepFrame>
  );
}

function ConnectionCheck({ hq, terminal }: Pick<LoadStepProps, 'hq' | 'terminal'>) {
  const t = useText();
  const { data, error, loading, reload } = useQuery('testConnection', { hq, terminal });
  if (error !== null) return <Failure error={error} onRetry={reload} />;
  if (data === undefined) {
    return (
      <Group gap="sm" role="status">
        <Loader size="sm" aria-hidden />
        <Text>{t('setup.load.checking')}</Text>
      </Group>
    );
  }
  return (
    <Stack gap="sm" align="flex-start">
      <TestOutcome result={data} />
      {data.ok ? null : (
        <Button
          variant="default"
          leftSection={<IconRefresh aria-hidden />}
          loading={loading}
          onClick={reload}
        >
          {t('setup.load.check')}
        </Button>
      )}
    </Stack>
  );
}

function sentence(t: Texts, now: TableProgress | undefined): string {
  if (now === undefined) return t('setup.load.begins');
  const { done, total } = now;
  const table = tableLabel(now.table);
  return total === null
    ? t('setup.load.table', { table, done })
    : t('setup.load.count', { table, done, total });
}

/** The table under way, a bar where the whole is known, and the tables so far. */
function LoadProgress() {
  const t = useText();
  const progress = useStatus()?.progress ?? [];
  const now = progress.at(-1);
  const total = now?.total ?? null;
  return (
    <Paper withBorder radius="md" p="md">
      <Stack gap="sm">
        <Group gap="md" wrap="nowrap">
          <Loader size="sm" aria-hidden />
          <Stack gap={0}>
            <Text fw={600} role="status">
              {t('setup.load.running')}
            </Text>
            <Text aria-live="off">{sentence(t, now)}</Text>
          </Stack>
        </Group>
        {now !== undefined && total !== null && total > 0 ? (
          <Progress
            size="lg"
            value={Math.min(100, (now.done / total) * 100)}
            aria-label={t('setup.load.running')}
          />
        ) : null}
        {progress.length < 2 ? null : (
          <List aria-label={t('setup.load.tables')} listStyleType="none">
            {progress.slice(0, -1).map(({ table, phase, done }) => (
              <List.Item key={`${table} ${phase}`}>
                {tableLabel(table)}: {t.number(done)}
              </List.Item>
            ))}
          </List>
        )}
        <Text>{t('setup.load.leave')}</Text>
      </Stack>
    </Paper>
  );
}

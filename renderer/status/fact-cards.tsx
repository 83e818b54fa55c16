import { Paper, SimpleGrid, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { StatusView } from '../../shared/views.ts';
import { When } from '../components/when.tsx';
import { useText } from '../i18n/use-text.ts';

interface FactProps {
  readonly label: string;
  readonly value: ReactNode;
  /** A second line: how old, how many. */
  readonly more?: ReactNode;
}

function Fact({ label, value, more }: FactProps) {
  return (
    <Paper withBorder p="md">
      <Text component="dt" c="dimmed">
        {label}
      </Text>
      <Text component="dd" m={0} size="xl" fw={600}>
        {value}
      </Text>
      {more === undefined ? null : (
        <Text component="dd" m={0}>
          {more}
        </Text>
      )}
    </Paper>
  );
}

function NextRun({ view }: { readonly view: StatusView }) {
  const t = useText();
  const { mode } = view.facts;
  if (view.status.state === 'paused') {
    return <Fact label={t('status.next-run')} value={t('status.next-paused')} />;
  }
  if (mode === 'manual') {
    return <Fact label={t('status.next-run')} value={t('status.next-manual')} />;
  }
  if (view.nextRunAt === null) {
    return <Fact label={t('status.next-run')} value={t(`status.next-${mode}`)} />;
  }
  return (
    <Fact
      label={t('status.next-run')}
      value={t.time(view.nextRunAt)}
      more={<When at={view.nextRunAt} />}
    />
  );
}

/** What waits on either side and how old it is, the last and the next run, the age of the prices. */
export function FactCards({ view }: { readonly view: StatusView }) {
  const t = useText();
  const { facts, lastRun, lastCompleteAt, pricesAt, waitingAtHq } = view;
  const ever = (at: number | null, never: string) =>
    at === null ? { value: t(never) } : { value: t.dateTime(at), more: <When at={at} /> };
  return (
    <SimpleGrid
      component="dl"
      m={0}
      cols={{ base: 1, xs: 2, lg: 3 }}
      spacing="md"
      aria-label={t('status.facts')}
    >
      <Fact
        label={t('status.waiting-here')}
        value={t('status.changes', { count: facts.waiting })}
        {...(facts.oldestUnsentAt === null
          ? {}
          : {
              more: (
                <>
                  {t('status.oldest')} <When at={facts.oldestUnsentAt} />
                </>
              ),
            })}
      />
      <Fact
        label={t('status.waiting-at-hq')}
        value={
          waitingAtHq === null ? t('status.unknown') : t('status.changes', { count: waitingAtHq })
        }
      />
      <Fact
        label={t('status.last-run')}
        {...ever(lastRun?.at ?? null, 'status.never')}
        {...(lastRun === null
          ? {}
          : {
              more: t(`status.run-${lastRun.status}`, {
                received: lastRun.received,
                sent: lastRun.sent,
              }),
            })}
      />
      <Fact label={t('status.last-complete')} {...ever(lastCompleteAt, 'status.never')} />
      <NextRun view={view} />
      <Fact label={t('status.prices')} {...ever(pricesAt, 'status.prices-never')} />
    </SimpleGrid>
  );
}

import { Button, Group, Paper, Stack, Text, ThemeIcon, Title } from '@mantine/core';
import {
  IconAlertTriangle,
  IconCircleCheck,
  IconClock,
  IconHourglass,
  IconQuestionMark,
} from '@tabler/icons-react';
import type { ComponentType, ReactNode } from 'react';
import type { ReceiptAnswer, ReceiptState } from '../../shared/views.ts';
import { ShortValue } from '../components/short-value.tsx';
import { rowLabel } from '../components/table-label.ts';
import { useNow } from '../components/use-now.ts';
import { Value } from '../components/value.tsx';
import { useText } from '../i18n/use-text.ts';
import { useRouter } from '../shell/router-store.ts';
import { useStatus } from '../status/status-store.ts';
import { headlineOf, isSameDay } from './receipt-words.ts';

/** Shape and colour both tell the states apart. */
const looks: Record<
  ReceiptState,
  { readonly Icon: ComponentType<{ size: number }>; readonly color: string }
> = {
  'at-hq': { Icon: IconCircleCheck, color: 'green' },
  queued: { Icon: IconClock, color: 'blue' },
  held: { Icon: IconHourglass, color: 'yellow' },
  rejected: { Icon: IconAlertTriangle, color: 'yellow' },
  unknown: { Icon: IconQuestionMark, color: 'gray' },
};

interface ReceiptCardProps {
  readonly answer: ReceiptAnswer;
}

/** Where one sale stands: the answer first, then what is known of it. */
export function ReceiptCard({ answer }: ReceiptCardProps) {
  const t = useText();
  const status = useStatus();
  const now = useNow(60_000);
  const { state, number, table } = answer;
  const { Icon, color } = looks[state];
  const { key, at } = headlineOf(answer, status);
  const time = (then: number): string => (isSameDay(then, now) ? t.time(then) : t.dateTime(then));
  return (
    <Paper component="li" withBorder radius="md" p="lg" style={{ listStyle: 'none' }}>
      <Group wrap="nowrap" align="flex-start" gap="lg">
        <ThemeIcon variant="light" color={color} size={64} radius="xl" aria-hidden>
          <Icon size={36} />
        </ThemeIcon>
        <Stack gap="md" flex={1} miw={0}>
          <div>
            <ShortValue value={state === 'unknown' ? number : rowLabel(table, number)} lines={2} />
            <Title order={2} size="h3">
              {t(key, at === null ? {} : { at: time(at) })}
            </Title>
            <Text>{t(`receipt.${state}.more`)}</Text>
          </div>
          <ReceiptFacts answer={answer} time={time} />
        </Stack>
      </Group>
    </Paper>
  );
}

interface ReceiptFactsProps extends ReceiptCardProps {
  readonly time: (at: number) => string;
}

function ReceiptFacts({ answer, time }: ReceiptFactsProps) {
  const t = useText();
  const go = useRouter(({ go: to }) => to);
  const { state, here, madeAt, hqId, message } = answer;
  if (state === 'unknown') return null;
  const stuck = state === 'held' || state === 'rejected';
  return (
    <>
      <Stack component="dl" m={0} gap="xs">
        {madeAt === null ? null : (
          <Fact name={t(here ? 'receipt.made-here' : 'receipt.made-elsewhere')}>
            {time(madeAt)}
          </Fact>
        )}
        {hqId === null ? null : (
          <Fact name={t('receipt.hq-id')}>
            <ShortValue value={hqId} />
          </Fact>
        )}
        {message === null ? null : (
          <Fact name={t(state === 'rejected' ? 'receipt.reason' : 'receipt.log')}>
            <Value value={t.message(message)} />
          </Fact>
        )}
      </Stack>
      {here ? null : <Text>{t('receipt.not-here')}</Text>}
      {stuck ? (
        <div>
          <Button
            variant="default"
            onClick={() => {
              go('held');
            }}
          >
            {t('receipt.open-held')}
          </Button>
        </div>
      ) : null}
    </>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <Group component="div" gap="sm" align="flex-start">
      <Text component="dt" c="dimmed">
        {name}
      </Text>
      <Text component="dd" m={0} miw={0}>
        {children}
      </Text>
    </Group>
  );
}

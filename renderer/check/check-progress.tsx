import { Group, Loader, Paper, Progress, Stack, Text } from '@mantine/core';
import type { Running } from '../../shared/status.ts';
import type { TableProgress } from '../../shared/views.ts';
import { tableLabel } from '../components/table-label.ts';
import type { Text as Texts } from '../i18n/text.ts';
import { useText } from '../i18n/use-text.ts';

interface CheckProgressProps {
  /** null: the check was asked for and waits for the sync that runs now. */
  readonly running: Running | null;
  /** Tables in the order they came. */
  readonly progress: readonly TableProgress[];
}

function sentence(t: Texts, { table, done, total }: Running): string {
  if (table === null) return t('check.running');
  const name = tableLabel(table);
  return total === null
    ? t('check.running.table', { table: name, done })
    : t('check.running.count', { table: name, done, total });
}

/** How far a check is. A bar only where the whole is known; else a turning wheel, the count and the tables so far. */
export function CheckProgress({ running, progress }: CheckProgressProps) {
  const t = useText();
  const total = running?.total ?? null;
  const compared = progress.filter(({ phase }) => phase === 'check' || phase === 'compare');
  return (
    <Paper withBorder radius="md" p="md">
      <Stack gap="sm">
        <Group gap="md" wrap="nowrap">
          {total === null ? <Loader size="sm" aria-hidden /> : null}
          <Stack gap={0}>
            {/* The start is announced, not each row. */}
            <Text fw={600} role="status">
              {t('check.running')}
            </Text>
            <Text aria-live="off">
              {running === null ? t('check.running.waits') : sentence(t, running)}
            </Text>
          </Stack>
        </Group>
        {running !== null && total !== null && total > 0 ? (
          <Progress
            size="lg"
            value={Math.min(100, (running.done / total) * 100)}
            aria-label={t('check.running')}
          />
        ) : null}
        {compared.length < 2 ? null : (
          <Text size="sm" aria-label={t('check.progress')}>
            {compared
              .map(({ table, done }) => `${tableLabel(table)} ${t.number(done)}`)
              .join(' · ')}
          </Text>
        )}
        <Text size="sm" c="dimmed">
          {t('check.running.safe')}
        </Text>
      </Stack>
    </Paper>
  );
}

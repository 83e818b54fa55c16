import { Box, Group, Paper, Progress as Bar, Stack, Text, Title } from '@mantine/core';
import type { StatusView, TableProgress } from '../../shared/views.ts';
import { useText } from '../i18n/use-text.ts';

/** The bar is there only when the end is known; else the number alone. */
function Table({ at }: { readonly at: TableProgress }) {
  const t = useText();
  const { table, phase, done, total } = at;
  const label = t(`status.phase-${phase}`, { table });
  return (
    <Box>
      <Group justify="space-between" gap="sm" wrap="nowrap">
        <Text style={{ overflowWrap: 'anywhere' }}>{label}</Text>
        <Text style={{ whiteSpace: 'nowrap', fontVariantNumeric: 'tabular-nums' }}>
          {total === null
            ? t('status.rows-so-far', { done })
            : t('status.rows-of', { done, total })}
        </Text>
      </Group>
      {total === null || total === 0 ? null : (
        <Bar
          value={Math.min(100, (100 * done) / total)}
          size="lg"
          mt={4}
          aria-label={label}
          transitionDuration={0}
        />
      )}
    </Box>
  );
}

/** Tables shown at once: those that came last are under way. */
const shown = 6;

export function Progress({ view }: { readonly view: StatusView }) {
  const t = useText();
  if (view.facts.running === null || view.progress.length === 0) return null;
  return (
    <Paper withBorder p="lg" component="section" aria-label={t('status.progress')}>
      <Title order={2} size="h3" mb="sm">
        {t('status.progress')}
      </Title>
      <Stack gap="md">
        {view.progress.slice(-shown).map((at) => (
          <Table key={`${at.phase} ${at.table}`} at={at} />
        ))}
        {view.queued ? <Text c="dimmed">{t('status.queued')}</Text> : null}
      </Stack>
    </Paper>
  );
}

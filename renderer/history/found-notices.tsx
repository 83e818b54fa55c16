import { Group, List, Paper, Text, Title } from '@mantine/core';
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react';
import type { NoticeShown } from '../../shared/views.ts';
import { useQuery } from '../bridge/use-query.ts';
import { useText } from '../i18n/use-text.ts';

/** The last ones: most terminals have none in their life. */
const shown = 5;

function Found({ notice: { code, params, at, settled } }: { readonly notice: NoticeShown }) {
  const t = useText();
  const { headline, reason } = t.status({ code, params });
  return (
    <div>
      <Group gap="xs">
        <Text fw={600}>{headline}</Text>
        <Text c="dimmed">{t.dateTime(at)}</Text>
      </Group>
      <Text>{reason}</Text>
      <Text c="dimmed">
        {settled === null
          ? t('history.found.stands')
          : t(`history.found.by-${settled.by}`, { at: settled.at })}
      </Text>
    </div>
  );
}

/** What was restored, moved or taken over, and who has settled it; nothing where there never was any. */
export function FoundNotices() {
  const t = useText();
  const { data } = useQuery('notices', { offset: 0, limit: shown }, ['notices']);
  if (data === undefined || data.total === 0) return null;
  return (
    <Paper withBorder p="lg" component="section" aria-label={t('history.found')}>
      <Title order={2} size="h3" mb="sm">
        {t('history.found')}
      </Title>
      <List
        spacing="md"
        listStyleType="none"
        ps={0}
        styles={{
          itemWrapper: { width: '100%', alignItems: 'flex-start' },
          itemLabel: { flex: 1, minWidth: 0 },
        }}
      >
        {data.rows.map((notice) => (
          <List.Item
            key={notice.id}
            icon={
              notice.settled === null ? (
                <IconAlertTriangle aria-hidden color="var(--payflow-state-yellow)" />
              ) : (
                <IconCheck aria-hidden color="var(--payflow-state-green)" />
              )
            }
          >
            <Found notice={notice} />
          </List.Item>
        ))}
      </List>
    </Paper>
  );
}

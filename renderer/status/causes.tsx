import { Button, Group, List, Paper, Text, Title } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { Message } from '../../shared/report.ts';
import type { Status } from '../../shared/status.ts';
import { useIsManager } from '../components/use-is-manager.ts';
import { useText } from '../i18n/use-text.ts';
import { useRouter } from '../shell/router-store.ts';
import { DismissNotice } from './dismiss-notice.tsx';
import { placeOf } from './main-action.ts';

function Cause({ cause }: { readonly cause: Message }) {
  const t = useText();
  const go = useRouter((state) => state.go);
  const manager = useIsManager();
  const place = placeOf(cause.code);
  const { headline, reason } = t.status(cause);
  return (
    <Group justify="space-between" gap="sm" wrap="nowrap">
      <div>
        <Text fw={600}>{headline}</Text>
        <Text>{reason}</Text>
      </div>
      <Group gap="sm" justify="flex-end" style={{ flexShrink: 0 }}>
        {place === null || (place.screen === 'settings' && !manager) ? null : (
          <Button
            variant="default"
            style={{ flexShrink: 0 }}
            aria-label={`${t('status.main-review')}: ${headline}`}
            onClick={() => {
              go(place.screen, place.place);
            }}
          >
            {t('status.main-review')}
          </Button>
        )}
        <DismissNotice cause={cause} />
      </Group>
    </Group>
  );
}

/** Everything that asks for attention beside what the state itself says. */
export function Causes({ status }: { readonly status: Status }) {
  const t = useText();
  const others = status.causes.filter(
    (cause) => !(status.state === 'attention' && cause === status.causes[0]),
  );
  if (others.length === 0 || status.state === 'setup') return null;
  return (
    <Paper withBorder p="lg" component="section" aria-label={t('status.causes')}>
      <Title order={2} size="h3" mb="sm">
        {t('status.causes')}
      </Title>
      <List
        spacing="md"
        icon={<IconAlertTriangle aria-hidden color="var(--payflow-state-yellow)" />}
        styles={{
          itemWrapper: { width: '100%', alignItems: 'flex-start' },
          itemLabel: { flex: 1, minWidth: 0 },
        }}
      >
        {others.map((cause) => (
          <List.Item key={cause.code}>
            <Cause cause={cause} />
          </List.Item>
        ))}
      </List>
    </Paper>
  );
}

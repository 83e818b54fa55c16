import { Group, Paper, Stack, Text, Title } from '@mantine/core';
import { IconLock } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useText } from '../i18n/use-text.ts';

interface SectionProps {
  /** `settings-connection`: other screens lead here by it. */
  readonly id: string;
  readonly title: string;
  readonly about?: string;
  readonly children: ReactNode;
}

/** One group of settings with its heading. */
export function Section({ id, title, about, children }: SectionProps) {
  return (
    <Paper
      id={id}
      component="section"
      aria-labelledby={`${id}-title`}
      withBorder
      radius="md"
      p="lg"
    >
      <Stack gap="md">
        <Title id={`${id}-title`} order={2} size="h3" tabIndex={-1}>
          {title}
        </Title>
        {about === undefined ? null : <Text>{about}</Text>}
        {children}
      </Stack>
    </Paper>
  );
}

/** Why a field cannot be changed here. */
export function Locked() {
  const t = useText();
  return (
    <Group gap="xs" wrap="nowrap">
      <IconLock aria-hidden size={20} style={{ flexShrink: 0 }} />
      <Text>{t('settings.locked')}</Text>
    </Group>
  );
}

import { Group, Stack, Title } from '@mantine/core';
import type { ReactNode } from 'react';

interface ScreenProps {
  readonly title: string;
  /** Buttons beside the title; they wrap below it in a narrow window. */
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** The frame of every screen: its heading takes the focus when the screen is opened (`shell/screen-view.tsx`). */
export function Screen({ title, actions, children }: ScreenProps) {
  return (
    <Stack gap="lg" w="100%" maw={1200}>
      <Group justify="space-between" gap="sm">
        <Title order={1} size="h2" tabIndex={-1} data-screen-title>
          {title}
        </Title>
        {actions === undefined ? null : <Group gap="sm">{actions}</Group>}
      </Group>
      {children}
    </Stack>
  );
}

import { Center, Stack, Text, ThemeIcon, Title } from '@mantine/core';
import type { ReactNode } from 'react';

interface EmptyProps {
  /** A Tabler icon. */
  readonly icon: ReactNode;
  readonly title: string;
  /** What that means, and the next step if there is one. */
  readonly children?: ReactNode;
}

/** A list without rows, in words: whether that is good, and what would bring some. */
export function Empty({ icon, title, children }: EmptyProps) {
  return (
    <Center mih={240}>
      <Stack align="center" gap="sm" maw={560} ta="center">
        <ThemeIcon variant="light" color="gray" size={64} radius="xl" aria-hidden>
          {icon}
        </ThemeIcon>
        <Title order={2} size="h3">
          {title}
        </Title>
        {typeof children === 'string' ? <Text>{children}</Text> : children}
      </Stack>
    </Center>
  );
}

import { Group, Paper, Stack, UnstyledButton } from '@mantine/core';
import { IconChevronRight } from '@tabler/icons-react';
import type { ReactNode } from 'react';

interface TapCardProps {
  readonly onTap: () => void;
  /** Takes the focus when it appears: the card that was opened, after coming back from it. */
  readonly focused?: boolean;
  /** Text and icons only: the whole card is one button. */
  readonly children: ReactNode;
}

/** A row of a list that opens by a tap anywhere on it. */
export function TapCard({ onTap, focused = false, children }: TapCardProps) {
  return (
    <Paper component="li" withBorder radius="md" style={{ listStyle: 'none' }}>
      <UnstyledButton w="100%" mih={64} px="md" py="sm" autoFocus={focused} onClick={onTap}>
        <Group wrap="nowrap" gap="md">
          <Stack component="span" gap={4} flex={1} miw={0}>
            {children}
          </Stack>
          <IconChevronRight aria-hidden style={{ flexShrink: 0 }} />
        </Group>
      </UnstyledButton>
    </Paper>
  );
}

import { Badge } from '@mantine/core';
import type { ComponentType } from 'react';

interface StateBadgeProps {
  readonly Icon: ComponentType<{ size: number; color: string; 'aria-hidden': boolean }>;
  readonly color: 'green' | 'blue' | 'gray' | 'red' | 'yellow';
  /** Without a frame, for places too narrow for one. */
  readonly plain?: boolean;
  readonly children: string;
}

/** A state by word, shape and colour. The word keeps the page's own contrast, whatever the colour. */
export function StateBadge({ Icon, color, plain = false, children }: StateBadgeProps) {
  return (
    <Badge
      size="xl"
      variant={plain ? 'transparent' : 'default'}
      fz="md"
      fw={500}
      px={plain ? 0 : 'sm'}
      c="var(--mantine-color-text)"
      maw="none"
      miw="max-content"
      leftSection={<Icon size={20} color={`var(--payflow-state-${color})`} aria-hidden />}
    >
      {children}
    </Badge>
  );
}

import { Badge } from '@mantine/core';
import type { ComponentType } from 'react';

interface StateBadgeProps {
  readonly Icon: ComponentType<{ size: number; color: string; 'aria-hidden': boolean }>;
  readonly color: 'green' | 'blue' | 'gray' | 'red' | 'yellow';
  readonly children: string;
}

/** A state by word, shape and colour. The word keeps the page's own contrast, whatever the colour. */
export function StateBadge({ Icon, color, children }: StateBadgeProps) {
  return (
    <Badge
      size="xl"
      variant="default"
      fz="md"
      fw={500}
      px="sm"
      maw="none"
      style={{ flexShrink: 0 }}
      leftSection={<Icon size={20} color={`var(--payflow-state-${color})`} aria-hidden />}
    >
      {children}
    </Badge>
  );
}

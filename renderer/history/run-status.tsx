import { Badge } from '@mantine/core';
import { IconAlertTriangle, IconBolt, IconCheck, IconX } from '@tabler/icons-react';
import type { ComponentType } from 'react';
import type { RunStatus } from '../../shared/report.ts';
import { useText } from '../i18n/use-text.ts';
import { statusColor } from './history-words.ts';

const icons: Record<RunStatus, ComponentType<{ size: number }>> = {
  completed: IconCheck,
  partial: IconAlertTriangle,
  failed: IconBolt,
  cancelled: IconX,
};

interface RunStatusProps {
  readonly status: RunStatus;
}

/** How a run ended: word, shape and colour. */
export function RunStatusBadge({ status }: RunStatusProps) {
  const t = useText();
  const Icon = icons[status];
  return (
    <Badge size="lg" variant="light" color={statusColor[status]} leftSection={<Icon size={16} />}>
      {t(`history.status.${status}`)}
    </Badge>
  );
}

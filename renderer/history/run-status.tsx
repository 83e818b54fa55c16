import { IconAlertTriangle, IconBolt, IconCheck, IconX, type Icon } from '@tabler/icons-react';
import type { RunStatus } from '../../shared/report.ts';
import { StateBadge } from '../components/state-badge.tsx';
import { useText } from '../i18n/use-text.ts';
import { statusColor } from './history-words.ts';

const icons: Record<RunStatus, Icon> = {
  completed: IconCheck,
  partial: IconAlertTriangle,
  failed: IconBolt,
  cancelled: IconX,
};

interface RunStatusProps {
  readonly status: RunStatus;
  readonly plain?: boolean;
}

/** How a run ended. */
export function RunStatusBadge({ status, plain = false }: RunStatusProps) {
  const t = useText();
  return (
    <StateBadge Icon={icons[status]} color={statusColor[status]} plain={plain}>
      {t(`history.status.${status}`)}
    </StateBadge>
  );
}

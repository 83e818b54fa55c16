import { Group, Table, Text, UnstyledButton, VisuallyHidden } from '@mantine/core';
import type { RunShown } from '../../shared/views.ts';
import { useText } from '../i18n/use-text.ts';
import { CountCells, CountsTable } from './counts-table.tsx';
import { lineOf } from './history-words.ts';
import { RunStatusBadge } from './run-status.tsx';

interface RunTableProps {
  readonly runs: readonly RunShown[];
  readonly onOpen: (run: RunShown) => void;
}

/** A page of runs; a tap anywhere on a line opens it, and so does its button for a keyboard. */
export function RunTable({ runs, onOpen }: RunTableProps) {
  const t = useText();
  return (
    <CountsTable
      caption={<VisuallyHidden>{t('history.list')}</VisuallyHidden>}
      captionSide="bottom"
      first={t('history.run')}
      highlightOnHover
    >
      {runs.map((run) => (
        <RunLine key={run.runId} run={run} onOpen={onOpen} />
      ))}
    </CountsTable>
  );
}

interface RunLineProps extends Pick<RunTableProps, 'onOpen'> {
  readonly run: RunShown;
}

function RunLine({ run, onOpen }: RunLineProps) {
  const t = useText();
  const { startedAt, report } = run;
  const counts = lineOf(report);
  return (
    <Table.Tr
      style={{ cursor: 'pointer' }}
      onClick={() => {
        onOpen(run);
      }}
    >
      <Table.Th scope="row" fw={400}>
        <Group gap="xs">
          <UnstyledButton mih={48} fw={600} aria-haspopup="dialog">
            {t.dateTime(startedAt)}
          </UnstyledButton>
          <RunStatusBadge status={report.status} plain />
        </Group>
        <Text c="dimmed">
          {t(`history.direction.${report.direction}`)}, {t.duration(report.durationMs)}
        </Text>
      </Table.Th>
      <CountCells counts={counts} />
    </Table.Tr>
  );
}

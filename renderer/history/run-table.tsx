import { Group, Table, Text, UnstyledButton, VisuallyHidden } from '@mantine/core';
import type { RunShown } from '../../shared/views.ts';
import { useText } from '../i18n/use-text.ts';
import { COLUMNS, lineOf } from './history-words.ts';
import { RunStatusBadge } from './run-status.tsx';

interface RunTableProps {
  readonly runs: readonly RunShown[];
  readonly onOpen: (run: RunShown) => void;
}

/** A page of runs; a tap anywhere on a line opens it, and so does its button for a keyboard. */
export function RunTable({ runs, onOpen }: RunTableProps) {
  const t = useText();
  return (
    <Table.ScrollContainer minWidth={0} type="native">
      <Table highlightOnHover verticalSpacing="sm" horizontalSpacing={6}>
        <Table.Caption>
          <VisuallyHidden>{t('history.list')}</VisuallyHidden>
        </Table.Caption>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('history.run')}</Table.Th>
            {COLUMNS.map((column) => (
              <Table.Th key={column} ta="right">
                {t(`history.${column}`)}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {runs.map((run) => (
            <RunLine key={run.runId} run={run} onOpen={onOpen} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
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
      {COLUMNS.map((column) => (
        <Table.Td key={column} ta="right">
          {t.number(counts[column])}
        </Table.Td>
      ))}
    </Table.Tr>
  );
}

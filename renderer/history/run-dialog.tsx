import { Button, Group, Stack, Table, Text } from '@mantine/core';
import type { RunReport } from '../../shared/report.ts';
import type { RunShown } from '../../shared/views.ts';
import { Dialog } from '../components/dialog.tsx';
import { Failure } from '../components/failure.tsx';
import { ShortValue } from '../components/short-value.tsx';
import { tableLabel } from '../components/table-label.ts';
import { useText } from '../i18n/use-text.ts';
import { useRouter } from '../shell/router-store.ts';
import { CountCells, CountsTable } from './counts-table.tsx';
import { lineOf, removedIn, tableLines } from './history-words.ts';
import { RunStatusBadge } from './run-status.tsx';

interface RunDialogProps {
  readonly run: RunShown;
  readonly onClose: () => void;
}

/** One run: how it ended and why, and what each table moved. */
export function RunDialog({ run: { startedAt, report }, onClose }: RunDialogProps) {
  const t = useText();
  const go = useRouter(({ go: to }) => to);
  const { status, direction, durationMs, error, dryRun } = report;
  const { held, rejected } = lineOf(report);
  return (
    <Dialog onClose={onClose} title={t('history.run.title', { at: t.dateTime(startedAt) })}>
      <Stack gap="md">
        <Group gap="sm">
          <RunStatusBadge status={status} />
          <Text>
            {t('history.run.took', {
              direction: t(`history.direction.${direction}`),
              duration: t.duration(durationMs),
            })}
          </Text>
        </Group>
        <Text>{t(`history.status.${status}.more`)}</Text>
        {dryRun === true ? <Text>{t('history.run.dry')}</Text> : null}
        {error === undefined ? null : <Failure error={error} />}
        {held + rejected === 0 ? null : (
          <div>
            <Button
              variant="default"
              onClick={() => {
                onClose();
                go('held');
              }}
            >
              {t('history.run.open-held')}
            </Button>
          </div>
        )}
        <Tables report={report} />
      </Stack>
    </Dialog>
  );
}

function Tables({ report }: { readonly report: RunReport }) {
  const t = useText();
  const lines = tableLines(report.tables);
  const removed = removedIn(report);
  if (lines.length === 0) return <Text>{t('history.run.no-tables')}</Text>;
  return (
    <>
      <CountsTable caption={t('history.run.tables')} captionSide="top" first={t('history.table')}>
        {lines.map(({ table, counts }) => (
          <Table.Tr key={table}>
            <Table.Th scope="row" fw={400}>
              <ShortValue value={tableLabel(table)} lines={2} />
            </Table.Th>
            <CountCells counts={counts} />
          </Table.Tr>
        ))}
      </CountsTable>
      {removed === 0 ? null : <Text>{t('history.run.removed', { count: removed })}</Text>}
    </>
  );
}

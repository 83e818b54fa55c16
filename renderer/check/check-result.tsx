import { Alert, Button, Stack, Table, Text } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck, IconTool } from '@tabler/icons-react';
import { Fragment, useState } from 'react';
import type { CheckResult } from '../../shared/views.ts';
import { Failure } from '../components/failure.tsx';
import { tableLabel } from '../components/table-label.ts';
import { When } from '../components/when.tsx';
import { useText } from '../i18n/use-text.ts';
import { resultSentence } from './check-words.ts';
import { DifferingRows } from './differing-rows.tsx';

interface CheckResultProps {
  readonly result: CheckResult;
  /** Asks whether what differs is to be brought in step; absent: who looks may not, or something runs. */
  readonly onRepair?: () => void;
}

/** What a check found: one sentence, what "set aside" means, and the tables with their differing rows. */
export function CheckResultView({ result, onRepair }: CheckResultProps) {
  const t = useText();
  // Somebody stopped it on purpose: no failure.
  if (result.error?.code === 'CANCELLED') {
    return <Text>{t('check.cancelled')}</Text>;
  }
  if (result.error !== null) {
    return (
      <Stack gap="sm">
        <Text fw={600}>{t('check.stopped')}</Text>
        <Failure error={result.error} />
        <CheckedAt result={result} />
      </Stack>
    );
  }
  const { key, params } = resultSentence(result);
  return (
    <Stack gap="lg">
      <Alert
        role="status"
        color={result.equal ? 'green' : 'yellow'}
        variant="outline"
        icon={result.equal ? <IconCircleCheck aria-hidden /> : <IconAlertTriangle aria-hidden />}
        title={t(key, params)}
      >
        <Stack gap={4}>
          {result.repaired === null ? null : (
            <Text>{t('check.repaired', { rows: result.repaired })}</Text>
          )}
          {result.equal ? null : <Text>{t('check.differ.todo')}</Text>}
          <CheckedAt result={result} />
          {result.equal || onRepair === undefined ? null : (
            <div>
              <Button variant="default" leftSection={<IconTool aria-hidden />} onClick={onRepair}>
                {t('check.repair')}
              </Button>
            </div>
          )}
        </Stack>
      </Alert>
      {result.explained === 0 ? null : (
        <Stack gap={4} maw={760}>
          <Text fw={600}>{t('check.explained')}</Text>
          <Text>{t('check.explained.more')}</Text>
        </Stack>
      )}
      <TablesCompared tables={result.tables} />
    </Stack>
  );
}

function CheckedAt({ result: { at, durationMs } }: { readonly result: CheckResult }) {
  const t = useText();
  const [before = '', after = ''] = t('check.when', {
    when: '\u0000',
    duration: t.duration(durationMs),
  }).split('\u0000');
  return (
    <Text size="sm">
      {before}
      <When at={at} />
      {after}
    </Text>
  );
}

function TablesCompared({ tables }: Pick<CheckResult, 'tables'>) {
  const t = useText();
  const [open, setOpen] = useState<string | null>(null);
  return (
    <Table captionSide="top" verticalSpacing="sm" withTableBorder>
      <Table.Caption ta="left">{t('check.tables')}</Table.Caption>
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">{t('check.table')}</Table.Th>
          <Table.Th scope="col" ta="right">
            {t('check.hq')}
          </Table.Th>
          <Table.Th scope="col" ta="right">
            {t('check.terminal')}
          </Table.Th>
          <Table.Th scope="col">{t('check.differing')}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {tables.map((table) => (
          <Fragment key={table.ref}>
            <Table.Tr>
              <Table.Th scope="row" style={{ overflowWrap: 'anywhere' }}>
                {tableLabel(table.table)}
              </Table.Th>
              <Table.Td ta="right">{t.number(table.hq)}</Table.Td>
              <Table.Td ta="right">{t.number(table.terminal)}</Table.Td>
              <Table.Td>
                {table.differing === 0 ? (
                  t('check.differing.none')
                ) : (
                  <Button
                    variant="default"
                    aria-expanded={open === table.ref}
                    onClick={() => {
                      setOpen(open === table.ref ? null : table.ref);
                    }}
                  >
                    {open === table.ref
                      ? t('check.hide')
                      : t('check.show', { count: table.differing })}
                  </Button>
                )}
              </Table.Td>
            </Table.Tr>
            {open === table.ref ? (
              <Table.Tr>
                <Table.Td colSpan={4}>
                  <DifferingRows table={table} />
                </Table.Td>
              </Table.Tr>
            ) : null}
          </Fragment>
        ))}
      </Table.Tbody>
    </Table>
  );
}

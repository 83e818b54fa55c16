import { CompositeChart } from '@mantine/charts';
import { Box, Button, Group, Paper, ScrollArea, Table, Text, Title } from '@mantine/core';
import { memo, useDeferredValue, useState } from 'react';
import type { RunPoint } from '../../shared/views.ts';
import { useQuery } from '../bridge/use-query.ts';
import { Failure } from '../components/failure.tsx';
import { Loading } from '../components/loading.tsx';
import { useText } from '../i18n/use-text.ts';

/** The same numbers for screen readers, and for whoever wants to read them. */
function RunsTable({ points }: { readonly points: readonly RunPoint[] }) {
  const t = useText();
  return (
    <ScrollArea.Autosize mah={360} viewportProps={{ tabIndex: 0 }} type="auto">
      <Table striped>
        <Table.Caption>{t('status.chart-caption')}</Table.Caption>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t('status.chart-at')}</Table.Th>
            <Table.Th scope="col">{t('status.chart-received')}</Table.Th>
            <Table.Th scope="col">{t('status.chart-sent')}</Table.Th>
            <Table.Th scope="col">{t('status.chart-took')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {points.toReversed().map((point) => (
            <Table.Tr key={point.at}>
              <Table.Th scope="row" fw={400}>
                {t.dateTime(point.at)}
              </Table.Th>
              <Table.Td>{t.number(point.received)}</Table.Td>
              <Table.Td>{t.number(point.sent)}</Table.Td>
              <Table.Td>{t.duration(point.durationMs)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </ScrollArea.Autosize>
  );
}

/** The chart's own letters are smaller than people read at a till; these grow with "Large". */
const letters = { fontSize: '0.875rem', fill: 'currentColor' } as const;

function Chart({ points }: { readonly points: readonly RunPoint[] }) {
  const t = useText();
  return (
    <Box role="img" aria-label={t('status.chart-caption')}>
      <CompositeChart
        h={260}
        data={points.map(({ at, received, sent, durationMs }) => ({
          at: t.time(at),
          received,
          sent,
          seconds: durationMs / 1_000,
        }))}
        dataKey="at"
        withLegend
        withRightYAxis
        yAxisLabel={t('status.chart-rows')}
        rightYAxisLabel={t('status.chart-seconds')}
        valueFormatter={(value) => t.number(value)}
        xAxisProps={{ tick: { ...letters, transform: 'translate(0, 10)' } }}
        yAxisProps={{ tick: { ...letters, transform: 'translate(-10, 0)' } }}
        rightYAxisProps={{ tick: { ...letters, transform: 'translate(10, 0)' } }}
        styles={{ axisLabel: letters }}
        composedChartProps={{ accessibilityLayer: false }}
        series={[
          { name: 'received', label: t('status.chart-received'), color: 'blue.6', type: 'bar' },
          { name: 'sent', label: t('status.chart-sent'), color: 'green.7', type: 'bar' },
          {
            name: 'seconds',
            label: t('status.chart-duration'),
            color: 'gray.6',
            type: 'line',
            yAxisId: 'right',
          },
        ]}
      />
    </Box>
  );
}

/** The last runs that moved something: rows and duration. Drawn for itself: the state beside it changes far more often. */
export const RunsChart = memo(function RunsChart() {
  const t = useText();
  const [asTable, setAsTable] = useState(false);
  const { data: heard, error, reload } = useQuery('runPoints', {}, ['runs']);
  // The chart is drawn in slices, between which a click is answered.
  const data = useDeferredValue(heard);
  if (data === undefined) {
    return error === null ? <Loading /> : <Failure error={error} onRetry={reload} />;
  }
  return (
    <Paper withBorder p="lg" component="section" aria-label={t('status.chart')}>
      <Group justify="space-between" mb="md">
        <Title order={2} size="h3">
          {t('status.chart')}
        </Title>
        {data.length === 0 ? null : (
          <Button
            variant="default"
            aria-pressed={asTable}
            onClick={() => {
              setAsTable(!asTable);
            }}
          >
            {t('status.chart-as-table')}
          </Button>
        )}
      </Group>
      {data.length === 0 ? <Text>{t('status.chart-empty')}</Text> : null}
      {data.length > 0 && asTable ? <RunsTable points={data} /> : null}
      {data.length > 0 && !asTable ? <Chart points={data} /> : null}
    </Paper>
  );
});

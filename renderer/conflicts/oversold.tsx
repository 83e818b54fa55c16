import { Paper, Stack, Text, Title } from '@mantine/core';
import type { OversoldShown } from '../../shared/views.ts';
import { useQuery } from '../bridge/use-query.ts';
import { Failure } from '../components/failure.tsx';
import { Pager } from '../components/pager.tsx';
import { usePaging, useStayWithin } from '../components/paging.ts';
import { ShortValue } from '../components/short-value.tsx';
import { rowLabel, tableLabel } from '../components/table-label.ts';
import { useText } from '../i18n/use-text.ts';

/** Things of which two tills have sold the last one. Nothing of it is shown while there is none. */
export function Oversold() {
  const t = useText();
  const paging = usePaging(25);
  const { offset, limit } = paging;
  const { data, error, reload } = useQuery('oversold', { offset, limit }, ['oversold']);
  useStayWithin(paging, data?.total);
  if (error !== null) return <Failure error={error} onRetry={reload} />;
  if (data === undefined || data.total === 0) return null;
  const title = t('conflicts.oversold.title', { count: data.total });
  return (
    <Paper withBorder p="lg" component="section" aria-label={title}>
      <Stack gap="sm">
        <Title order={2} size="h3">
          {title}
        </Title>
        <Text>{t('conflicts.oversold.more')}</Text>
        <Stack component="ul" gap="xs" m={0} p={0} style={{ listStyle: 'none' }}>
          {data.rows.map((row) => (
            <OversoldRow key={`${row.table} ${row.id} ${row.column}`} row={row} />
          ))}
        </Stack>
        <Pager offset={offset} limit={limit} total={data.total} onChange={paging.go} />
      </Stack>
    </Paper>
  );
}

function OversoldRow({ row }: { readonly row: OversoldShown }) {
  const t = useText();
  const { table, id, column, value, since, names } = row;
  return (
    <li>
      <ShortValue
        value={names.length === 0 ? rowLabel(table, id) : names.join(' · ')}
        lines={2}
        fw={600}
      />
      <Text>
        {t('conflicts.oversold.value', { column: tableLabel(column), value })},{' '}
        {t('conflicts.oversold.since', { at: t.dateTime(since) })}
      </Text>
    </li>
  );
}

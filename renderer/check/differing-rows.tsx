import { Badge, Button, Group, Paper, Stack, Table, Text } from '@mantine/core';
import { useState } from 'react';
import type { CheckResult, DifferingRow } from '../../shared/views.ts';
import { useQuery } from '../bridge/use-query.ts';
import { Loaded } from '../components/loaded.tsx';
import { Pager } from '../components/pager.tsx';
import { usePaging, useStayWithin } from '../components/paging.ts';
import { tableLabel } from '../components/table-label.ts';
import { Value } from '../components/value.tsx';
import { useText } from '../i18n/use-text.ts';
import { fieldPairs, type FieldPair } from './check-words.ts';

interface DifferingRowsProps {
  readonly table: CheckResult['tables'][number];
}

/** The rows of one table that differ, a page at a time, both sides beside each other. */
export function DifferingRows({ table }: DifferingRowsProps) {
  const t = useText();
  const paging = usePaging(20, table.ref);
  const { offset, limit } = paging;
  const query = useQuery('differingRows', { table: table.ref, offset, limit }, ['check']);
  useStayWithin(paging, query.data?.total);
  return (
    <Stack
      gap="md"
      component="section"
      aria-label={t('check.rows', { table: tableLabel(table.table) })}
    >
      <Loaded query={query}>
        {({ rows, total }) =>
          total === 0 ? (
            <Text>{t('check.rows.empty')}</Text>
          ) : (
            <>
              {rows.map((row) => (
                <BothSides key={row.id} row={row} />
              ))}
              <Pager offset={offset} limit={limit} total={total} onChange={paging.go} />
            </>
          )
        }
      </Loaded>
    </Stack>
  );
}

function BothSides({ row }: { readonly row: DifferingRow }) {
  const t = useText();
  const [all, setAll] = useState(false);
  const pairs = fieldPairs(row);
  const marked = pairs.filter(({ differs }) => differs);
  const shown = all || marked.length === 0 ? pairs : marked;
  return (
    <Paper withBorder radius="md" p="md">
      <Stack gap="sm">
        <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
          {t('check.row', { id: row.id })}
        </Text>
        {row.hq === null ? <Text>{t('check.row.hq-lacks')}</Text> : null}
        {row.terminal === null ? <Text>{t('check.row.terminal-lacks')}</Text> : null}
        <Table layout="fixed" captionSide="top" verticalSpacing="xs">
          <Table.Caption ta="left">{t('check.row.fields', { id: row.id })}</Table.Caption>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t('check.row.field')}</Table.Th>
              <Table.Th scope="col">{t('check.hq')}</Table.Th>
              <Table.Th scope="col">{t('check.terminal')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {shown.map((pair) => (
              <PairRow key={pair.column} pair={pair} />
            ))}
          </Table.Tbody>
        </Table>
        {marked.length === 0 || marked.length === pairs.length ? null : (
          <Button
            variant="subtle"
            aria-expanded={all}
            onClick={() => {
              setAll(!all);
            }}
          >
            {all ? t('check.row.some') : t('check.row.all', { count: pairs.length })}
          </Button>
        )}
      </Stack>
    </Paper>
  );
}

/** `undefined`: the side lacks the row, so there is no value to show, not even an empty one. */
function Side({ value }: { readonly value: string | null | undefined }) {
  return value === undefined ? <Text>–</Text> : <Value value={value} />;
}

function PairRow({ pair: { column, hq, terminal, differs } }: { readonly pair: FieldPair }) {
  const t = useText();
  return (
    <Table.Tr
      style={
        differs ? { boxShadow: 'inset 4px 0 var(--payflow-state-yellow)', fontWeight: 600 } : {}
      }
    >
      <Table.Th scope="row" style={{ overflowWrap: 'anywhere' }}>
        <Group gap="xs">
          <span>{column}</span>
          {differs ? (
            <Badge color="yellow" variant="outline" tt="none">
              {t('check.row.differs')}
            </Badge>
          ) : null}
        </Group>
      </Table.Th>
      <Table.Td>
        <Side value={hq} />
      </Table.Td>
      <Table.Td>
        <Side value={terminal} />
      </Table.Td>
    </Table.Tr>
  );
}

import { Table, Text, VisuallyHidden } from '@mantine/core';
import type { ShownValue } from '../../shared/views.ts';
import { tableLabel } from '../components/table-label.ts';
import { Value } from '../components/value.tsx';
import { useText } from '../i18n/use-text.ts';

interface RowValuesProps {
  readonly values: readonly ShownValue[];
}

/** A row's data as a list of names and values. */
export function RowValues({ values }: RowValuesProps) {
  const t = useText();
  if (values.length === 0) return <Text>{t('held.row.no-values')}</Text>;
  return (
    <Table layout="fixed" verticalSpacing="sm">
      <Table.Caption>
        <VisuallyHidden>{t('held.row.values')}</VisuallyHidden>
      </Table.Caption>
      <Table.Thead>
        <Table.Tr>
          <Table.Th w="35%">{t('held.row.name')}</Table.Th>
          <Table.Th>{t('held.row.value')}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {values.map(({ column, value, secret }) => (
          <Table.Tr key={column}>
            <Table.Th scope="row" style={{ overflowWrap: 'anywhere' }}>
              {tableLabel(column)}
            </Table.Th>
            <Table.Td>
              <Value value={value} secret={secret} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

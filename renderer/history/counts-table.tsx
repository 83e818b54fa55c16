import { Table } from '@mantine/core';
import type { ReactNode } from 'react';
import { useText } from '../i18n/use-text.ts';
import { COLUMNS, type LineCounts } from './history-words.ts';

interface CountsTableProps {
  readonly caption: ReactNode;
  readonly captionSide: 'top' | 'bottom';
  /** What stands at the head of the first column. */
  readonly first: string;
  readonly highlightOnHover?: boolean;
  readonly children: ReactNode;
}

/** A table whose lines end with the counts: what came, what went, what waits. */
export function CountsTable({
  caption,
  captionSide,
  first,
  highlightOnHover = false,
  children,
}: CountsTableProps) {
  const t = useText();
  return (
    <Table.ScrollContainer minWidth={0} type="native">
      <Table
        captionSide={captionSide}
        highlightOnHover={highlightOnHover}
        verticalSpacing="sm"
        horizontalSpacing={6}
      >
        <Table.Caption>{caption}</Table.Caption>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{first}</Table.Th>
            {COLUMNS.map((column) => (
              <Table.Th key={column} ta="right">
                {t(`history.${column}`)}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>{children}</Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

/** The end of a line. */
export function CountCells({ counts }: { readonly counts: LineCounts }) {
  const t = useText();
  return COLUMNS.map((column) => (
    <Table.Td key={column} ta="right">
      {t.number(counts[column])}
    </Table.Td>
  ));
}

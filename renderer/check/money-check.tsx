import { Alert, Button, Stack, Table, Text, Title } from '@mantine/core';
import { IconAlertTriangle, IconCash, IconCircleCheck } from '@tabler/icons-react';
import type { BooksResult } from '../../shared/views.ts';
import { useCall } from '../bridge/use-call.ts';
import { useQuery } from '../bridge/use-query.ts';
import { Failure } from '../components/failure.tsx';
import { Loaded } from '../components/loaded.tsx';
import { Said } from '../components/said.tsx';
import { ShortValue } from '../components/short-value.tsx';
import { useAct } from '../components/use-act.ts';
import { When } from '../components/when.tsx';
import { useText } from '../i18n/use-text.ts';

type Line = BooksResult['lines'][number];

/** Is every cent at HQ? Per shift and tender, the sums of both sides (`verify --books`). */
export function MoneyCheck({ busy }: { readonly busy: boolean }) {
  const t = useText();
  const call = useCall();
  const acting = useAct();
  const query = useQuery('lastBooks', {}, ['check']);
  const start = async (): Promise<string> => {
    await call('startBooks', {});
    return t('check.books.started');
  };
  return (
    <Stack component="section" aria-label={t('check.books.title')} gap="md">
      <Title order={2} size="h3">
        {t('check.books.title')}
      </Title>
      <Text maw={760}>{t('check.books.about')}</Text>
      <div>
        <Button
          variant="default"
          leftSection={<IconCash aria-hidden />}
          disabled={busy}
          loading={acting.busy === 'books'}
          onClick={() => {
            acting.act('books', start);
          }}
        >
          {t('check.books.start')}
        </Button>
      </div>
      <Said acting={acting} />
      <Loaded query={query}>
        {(result) => (result === null ? null : <MoneyResult result={result} />)}
      </Loaded>
    </Stack>
  );
}

function MoneyResult({ result }: { readonly result: BooksResult }) {
  const t = useText();
  if (result.error !== null) return <Failure error={result.error} />;
  const { equal, first, explained, lines } = result;
  return (
    <Stack gap="md">
      <Alert
        role="status"
        color={equal ? 'green' : 'yellow'}
        variant="outline"
        icon={equal ? <IconCircleCheck aria-hidden /> : <IconAlertTriangle aria-hidden />}
        title={t(equal ? 'check.books.same' : 'check.books.differ', { lines: lines.length })}
      >
        <Stack gap={4}>
          {first === null ? null : (
            <Text>
              {t('check.books.first', {
                receipt: (first.receipt ?? first.id).slice(0, 80),
                hq: first.hq?.total ?? t('check.books.none'),
                terminal: first.terminal?.total ?? t('check.books.none'),
              })}
            </Text>
          )}
          {explained === 0 ? null : <Text>{t('check.books.explained', { rows: explained })}</Text>}
          <Text size="sm">
            <When at={result.at} />
          </Text>
        </Stack>
      </Alert>
      {lines.length === 0 ? null : <MoneyLines lines={lines} />}
    </Stack>
  );
}

/** Those that differ first: they are what somebody looks for. */
function MoneyLines({ lines }: { readonly lines: readonly Line[] }) {
  const t = useText();
  const sorted = lines.toSorted((a, b) => Number(a.equal) - Number(b.equal)).slice(0, LINES_SHOWN);
  return (
    <Stack gap="xs">
      <Table captionSide="top" verticalSpacing="sm" withTableBorder>
        <Table.Caption ta="left">{t('check.books.lines')}</Table.Caption>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t('check.books.shift')}</Table.Th>
            <Table.Th scope="col">{t('check.books.tender')}</Table.Th>
            <Table.Th scope="col" ta="right">
              {t('check.books.at-hq')}
            </Table.Th>
            <Table.Th scope="col" ta="right">
              {t('check.books.here')}
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {sorted.map((line) => (
            <MoneyLine key={`${line.table} ${line.shift ?? ''} ${line.tender ?? ''}`} line={line} />
          ))}
        </Table.Tbody>
      </Table>
      {lines.length <= LINES_SHOWN ? null : (
        <Text>{t('check.books.more', { more: lines.length - LINES_SHOWN })}</Text>
      )}
    </Stack>
  );
}

/** A year of shifts is for the command line; what differs stands first. */
const LINES_SHOWN = 100;

function MoneyLine({ line }: { readonly line: Line }) {
  const t = useText();
  const { shift, tender, hq, terminal, equal } = line;
  const side = (amounts: Line['hq']): string =>
    t('check.books.side', { count: amounts.count, total: amounts.total });
  return (
    <Table.Tr>
      <Table.Th scope="row" style={{ overflowWrap: 'anywhere' }}>
        <ShortValue value={shift ?? t('check.books.no-shift')} lines={1} />
        {equal ? null : <Text fw={600}>{t('check.books.differs')}</Text>}
      </Table.Th>
      <Table.Td>
        <ShortValue value={tender ?? t('check.books.no-tender')} lines={1} />
      </Table.Td>
      <Table.Td ta="right">{side(hq)}</Table.Td>
      <Table.Td ta="right">{side(terminal)}</Table.Td>
    </Table.Tr>
  );
}

import { Button, Group, Paper, Stack, Text } from '@mantine/core';
import { IconCircleCheck, IconEdit, IconRefresh } from '@tabler/icons-react';
import { useState } from 'react';
import type { RejectedRowListed } from '../../shared/views.ts';
import { useCall } from '../bridge/use-call.ts';
import { useQuery } from '../bridge/use-query.ts';
import { Empty } from '../components/empty.tsx';
import { Loaded } from '../components/loaded.tsx';
import { Pager } from '../components/pager.tsx';
import { usePaging, useStayWithin } from '../components/paging.ts';
import { Said } from '../components/said.tsx';
import { ShortValue } from '../components/short-value.tsx';
import { useAct, type Acting } from '../components/use-act.ts';
import { useIsManager } from '../components/use-is-manager.ts';
import { Value } from '../components/value.tsx';
import { rowLabel } from '../components/table-label.ts';
import { useText } from '../i18n/use-text.ts';
import { EditDialog } from './edit-dialog.tsx';
import { yesNo } from './held-words.ts';
import { RejectedRowDialog } from './row-dialog.tsx';

type Open = { readonly row: RejectedRowListed; readonly how: 'look' | 'edit' };

/** Rows that one side refused, with its reason and what may help. */
export function RejectedTab() {
  const t = useText();
  const paging = usePaging(50);
  const { offset, limit } = paging;
  const query = useQuery('rejectedRows', { offset, limit }, ['rejected']);
  const acting = useAct();
  const [open, setOpen] = useState<Open | null>(null);
  useStayWithin(paging, query.data?.total);
  const close = (): void => {
    setOpen(null);
  };
  return (
    <>
      <Loaded query={query}>
        {({ rows, total }) =>
          total === 0 ? (
            <Empty icon={<IconCircleCheck size={36} />} title={t('held.rejected.empty')}>
              {t('held.rejected.empty.more')}
            </Empty>
          ) : (
            <Stack gap="md">
              <div>
                <Text>{t('held.rejected.safe')}</Text>
                <Said acting={acting} apart="above" />
              </div>
              <Stack component="ul" aria-label={t('held.rejected.list')} gap="sm" m={0} p={0}>
                {rows.map((row) => (
                  <RejectedRow key={row.ref} row={row} acting={acting} onOpen={setOpen} />
                ))}
              </Stack>
              <Pager offset={offset} limit={limit} total={total} onChange={paging.go} />
            </Stack>
          )
        }
      </Loaded>
      {open?.how === 'look' ? <RejectedRowDialog row={open.row} onClose={close} /> : null}
      {open?.how === 'edit' ? (
        <EditDialog
          row={open.row}
          onClose={close}
          onSaved={(queued) => {
            close();
            acting.act('saved', () =>
              Promise.resolve(t('held.edit.done', { queued: yesNo(queued) })),
            );
          }}
        />
      ) : null}
    </>
  );
}

interface RejectedRowProps {
  readonly row: RejectedRowListed;
  readonly acting: Acting;
  readonly onOpen: (open: Open) => void;
}

function RejectedRow({ row, acting, onOpen }: RejectedRowProps) {
  const t = useText();
  const call = useCall();
  const isManager = useIsManager();
  const { ref, table, id, direction, message, since, tries, editable } = row;
  const retry = async (): Promise<string> => {
    const { queued } = await call('retryRows', { refs: [ref] });
    return t('held.retry-row.done', { queued: yesNo(queued) });
  };
  return (
    <Paper component="li" withBorder radius="md" p="md" style={{ listStyle: 'none' }}>
      <Stack gap="sm">
        <Stack gap={4}>
          <ShortValue value={rowLabel(table, id)} lines={2} fw={600} />
          <Text>{t(`held.rejected.by.${direction}`)}</Text>
          <Value value={t.message(message)} />
          <Text c="dimmed">{t('held.since-and-tries', { since: t.dateTime(since), tries })}</Text>
        </Stack>
        <Group gap="sm">
          {editable && isManager ? (
            <Button
              leftSection={<IconEdit aria-hidden />}
              onClick={() => {
                onOpen({ row, how: 'edit' });
              }}
            >
              {t('held.edit')}
            </Button>
          ) : null}
          <Button
            variant="default"
            leftSection={<IconRefresh aria-hidden />}
            loading={acting.busy === ref}
            onClick={() => {
              acting.act(ref, retry);
            }}
          >
            {t('held.retry-row')}
          </Button>
          <Button
            variant="default"
            onClick={() => {
              onOpen({ row, how: 'look' });
            }}
          >
            {t('held.open-row')}
          </Button>
        </Group>
      </Stack>
    </Paper>
  );
}

import { Button, Group, Paper, Stack, Text } from '@mantine/core';
import { IconArrowLeft, IconCircleCheck, IconDownload, IconRefresh } from '@tabler/icons-react';
import { useState } from 'react';
import type { HeldGroup, HeldRowShown, Page } from '../../shared/views.ts';
import { useCall } from '../bridge/use-call.ts';
import { useQuery } from '../bridge/use-query.ts';
import { CopyButton } from '../components/copy-button.tsx';
import { Empty } from '../components/empty.tsx';
import { Loaded } from '../components/loaded.tsx';
import { Pager } from '../components/pager.tsx';
import { usePaging, useStayWithin, type Paging } from '../components/paging.ts';
import { Said } from '../components/said.tsx';
import { ShortValue } from '../components/short-value.tsx';
import { TapCard } from '../components/tap-card.tsx';
import { useAct } from '../components/use-act.ts';
import { rowLabel } from '../components/table-label.ts';
import { useText } from '../i18n/use-text.ts';
import { GroupFacts } from './group-facts.tsx';
import { canFetchParent, groupAsText, yesNo } from './held-words.ts';
import { HeldRowDialog } from './row-dialog.tsx';

interface GroupViewProps {
  readonly group: HeldGroup;
  readonly onBack: () => void;
}

/** One missing parent: what can be done about it, and the rows that wait for it. Once none does, it says only that. */
export function GroupView({ group, onBack }: GroupViewProps) {
  const t = useText();
  const paging = usePaging(50);
  const { offset, limit } = paging;
  const query = useQuery('heldRows', { offset, limit, group: group.ref }, ['held']);
  useStayWithin(paging, query.data?.total);
  return (
    <Stack gap="md">
      <div>
        <Button
          variant="default"
          autoFocus
          leftSection={<IconArrowLeft aria-hidden />}
          onClick={onBack}
        >
          {t('held.back')}
        </Button>
      </div>
      {query.data?.total === 0 ? null : (
        <Paper withBorder radius="md" p="md">
          <Stack gap="md">
            <Stack gap={4}>
              <GroupFacts group={group} />
            </Stack>
            <GroupActions group={group} />
          </Stack>
        </Paper>
      )}
      <Loaded query={query}>{(page) => <GroupRows page={page} paging={paging} />}</Loaded>
    </Stack>
  );
}

function GroupActions({ group }: Pick<GroupViewProps, 'group'>) {
  const t = useText();
  const call = useCall();
  const acting = useAct();
  const retry = async (): Promise<string> => {
    const { queued } = await call('retryRows', { group: group.ref });
    return t('held.retry-group.done', { queued: yesNo(queued) });
  };
  const fetchParent = async (): Promise<string> => {
    const { queued } = await call('fetchParent', { group: group.ref });
    return t('held.fetch.done', { queued: yesNo(queued) });
  };
  const text = groupAsText(group, t, {
    since: t.dateTime(group.since),
    detail: group.detail === null ? null : t.message(group.detail),
  });
  return (
    <div>
      <Group gap="sm">
        <Button
          leftSection={<IconRefresh aria-hidden />}
          loading={acting.busy === 'retry'}
          onClick={() => {
            acting.act('retry', retry);
          }}
        >
          {t('held.retry-group')}
        </Button>
        {canFetchParent(group) ? (
          <Button
            variant="default"
            leftSection={<IconDownload aria-hidden />}
            loading={acting.busy === 'fetch'}
            onClick={() => {
              acting.act('fetch', fetchParent);
            }}
          >
            {t('held.fetch')}
          </Button>
        ) : null}
        <CopyButton text={text} />
      </Group>
      <Said acting={acting} apart="above" />
    </div>
  );
}

interface GroupRowsProps {
  readonly page: Page<HeldRowShown>;
  readonly paging: Paging;
}

function GroupRows({ page: { rows, total }, paging }: GroupRowsProps) {
  const t = useText();
  const [open, setOpen] = useState<HeldRowShown | null>(null);
  if (total === 0 && open === null) {
    return (
      <Empty icon={<IconCircleCheck size={36} />} title={t('held.rows.empty')}>
        {t('held.rows.empty.more')}
      </Empty>
    );
  }
  return (
    <>
      <Stack component="ul" aria-label={t('held.rows')} gap="sm" m={0} p={0}>
        {rows.map((row) => (
          <TapCard
            key={row.ref}
            onTap={() => {
              setOpen(row);
            }}
          >
            <RowFacts row={row} />
          </TapCard>
        ))}
      </Stack>
      <Pager offset={paging.offset} limit={paging.limit} total={total} onChange={paging.go} />
      {open === null ? null : (
        <HeldRowDialog
          row={open}
          onClose={() => {
            setOpen(null);
          }}
        />
      )}
    </>
  );
}

function RowFacts({ row: { table, id, direction, since, tries } }: { readonly row: HeldRowShown }) {
  const t = useText();
  return (
    <>
      <ShortValue value={rowLabel(table, id)} lines={2} fw={600} />
      <Text component="span" c="dimmed">
        {t(`held.direction.${direction}`)}
        {'. '}
        {t('held.since-and-tries', { since: t.dateTime(since), tries })}
      </Text>
    </>
  );
}

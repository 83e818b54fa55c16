import { Stack, Text } from '@mantine/core';
import { IconCircleCheck } from '@tabler/icons-react';
import { useState } from 'react';
import type { HeldGroup } from '../../shared/views.ts';
import { useQuery } from '../bridge/use-query.ts';
import { Empty } from '../components/empty.tsx';
import { Loaded } from '../components/loaded.tsx';
import { Pager } from '../components/pager.tsx';
import { usePaging, useStayWithin } from '../components/paging.ts';
import { TapCard } from '../components/tap-card.tsx';
import { useText } from '../i18n/use-text.ts';
import { GroupFacts } from './group-facts.tsx';
import { GroupView } from './group-view.tsx';
import { groupKey } from './held-words.ts';

/** Rows that wait, by what they wait for; a tap opens one group in the place of the list. */
export function WaitingTab() {
  const t = useText();
  const paging = usePaging(50);
  const { offset, limit } = paging;
  const query = useQuery('heldGroups', { offset, limit }, ['held']);
  const [open, setOpen] = useState<HeldGroup | null>(null);
  const [cameFrom, setCameFrom] = useState<string | null>(null);
  useStayWithin(paging, query.data?.total);

  if (open !== null) {
    const key = groupKey(open);
    const newest = query.data?.rows.find((group) => groupKey(group) === key);
    return (
      <GroupView
        key={key}
        group={newest ?? open}
        onBack={() => {
          setCameFrom(key);
          setOpen(null);
        }}
      />
    );
  }
  return (
    <Loaded query={query}>
      {({ rows, total }) =>
        total === 0 ? (
          <Empty icon={<IconCircleCheck size={36} />} title={t('held.waiting.empty')}>
            {t('held.waiting.empty.more')}
          </Empty>
        ) : (
          <Stack gap="md">
            <Text>{t('held.waiting.safe')}</Text>
            <Stack component="ul" aria-label={t('held.groups')} gap="sm" m={0} p={0}>
              {rows.map((group) => (
                <TapCard
                  key={groupKey(group)}
                  focused={groupKey(group) === cameFrom}
                  onTap={() => {
                    setOpen(group);
                  }}
                >
                  <GroupFacts group={group} />
                </TapCard>
              ))}
            </Stack>
            <Pager offset={offset} limit={limit} total={total} onChange={paging.go} />
          </Stack>
        )
      }
    </Loaded>
  );
}

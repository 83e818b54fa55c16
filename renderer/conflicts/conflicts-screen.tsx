import { Stack, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconGitCompare, IconSearch, IconSearchOff } from '@tabler/icons-react';
import { useState } from 'react';
import type { ConflictShown } from '../../shared/views.ts';
import { useCall } from '../bridge/use-call.ts';
import { useQuery } from '../bridge/use-query.ts';
import { Empty } from '../components/empty.tsx';
import { Loaded } from '../components/loaded.tsx';
import { Pager } from '../components/pager.tsx';
import { usePaging, useStayWithin } from '../components/paging.ts';
import { Said } from '../components/said.tsx';
import { Screen } from '../components/screen.tsx';
import { useAct } from '../components/use-act.ts';
import { useIsManager } from '../components/use-is-manager.ts';
import { useText } from '../i18n/use-text.ts';
import { BringBackDialog } from './bring-back-dialog.tsx';
import { ConflictCard } from './conflict-card.tsx';
import { bringsBack } from './conflict-words.ts';
import { Oversold } from './oversold.tsx';

/** A pause in typing this long (ms) starts the search. */
const typingPause = 300;

/** All that both sides changed, newest first: what was kept, what was not, and why. */
export function ConflictsScreen() {
  const t = useText();
  const [typed, setTyped] = useState('');
  const [search] = useDebouncedValue(typed.trim(), typingPause);
  const paging = usePaging(25, search);
  const { offset, limit } = paging;
  const query = useQuery('conflicts', { offset, limit, search }, ['conflicts']);
  useStayWithin(paging, query.data?.total);
  const call = useCall();
  const manager = useIsManager();
  const acting = useAct();
  const [asked, setAsked] = useState<ConflictShown | null>(null);

  const bringBack = async (conflict: ConflictShown): Promise<string> => {
    const { queued } = await call('resolveConflict', {
      ref: conflict.ref,
      keep: bringsBack(conflict) ?? 'hq',
    });
    return t('conflicts.bring-back.done', { queued: queued ? 'yes' : 'no' });
  };
  return (
    <Screen title={t('conflicts.title')}>
      <Oversold />
      <Text>{t('conflicts.safe')}</Text>
      <Said acting={acting} />
      {asked === null ? null : (
        <BringBackDialog
          conflict={asked}
          onYes={() => {
            setAsked(null);
            acting.act('bring-back', () => bringBack(asked));
          }}
          onClose={() => {
            setAsked(null);
          }}
        />
      )}
      <TextInput
        type="search"
        size="lg"
        label={t('conflicts.search')}
        description={t('conflicts.search.hint')}
        leftSection={<IconSearch aria-hidden />}
        maxLength={200}
        value={typed}
        onChange={({ currentTarget: { value } }) => {
          setTyped(value);
        }}
      />
      <Loaded query={query}>
        {({ rows, total }) => (
          <Stack gap="md">
            {total === 0 ? (
              <NoConflicts search={search} />
            ) : (
              <>
                <Text role="status">{t('conflicts.count', { count: total })}</Text>
                <Stack component="ul" aria-label={t('conflicts.list')} gap="md" m={0} p={0}>
                  {rows.map((conflict) => (
                    <ConflictCard
                      key={conflict.id}
                      conflict={conflict}
                      {...(manager
                        ? {
                            onBringBack: () => {
                              setAsked(conflict);
                            },
                          }
                        : {})}
                    />
                  ))}
                </Stack>
              </>
            )}
            <Pager offset={offset} limit={limit} total={total} onChange={paging.go} />
          </Stack>
        )}
      </Loaded>
    </Screen>
  );
}

function NoConflicts({ search }: { readonly search: string }) {
  const t = useText();
  return search === '' ? (
    <Empty icon={<IconGitCompare size={36} />} title={t('conflicts.empty')}>
      {t('conflicts.empty.more')}
    </Empty>
  ) : (
    <Empty icon={<IconSearchOff size={36} />} title={t('conflicts.none-found')}>
      {t('conflicts.none-found.more', { search })}
    </Empty>
  );
}

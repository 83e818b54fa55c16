import { Text } from '@mantine/core';
import type { HeldGroup } from '../../shared/views.ts';
import { ShortValue } from '../components/short-value.tsx';
import { When } from '../components/when.tsx';
import { rowLabel } from '../components/table-label.ts';
import { useText } from '../i18n/use-text.ts';
import { headlineKey, whyKey } from './held-words.ts';

interface GroupFactsProps {
  readonly group: HeldGroup;
}

/** How many rows wait for what, why it is missing, since when, and when it is tried next; text only. */
export function GroupFacts({ group }: GroupFactsProps) {
  const t = useText();
  const { parentTable, parentId, detail, waiting, since, tries, nextTryAt } = group;
  return (
    <>
      <Text component="span" fw={600}>
        {t(headlineKey(group), { count: waiting })}{' '}
        <ShortValue value={rowLabel(parentTable, parentId)} />
      </Text>
      <Text component="span">{t(whyKey(group))}</Text>
      {detail === null ? null : <ShortValue value={t.message(detail)} lines={3} />}
      <Text component="span" c="dimmed">
        {t('held.since-and-tries', { since: t.dateTime(since), tries })}
        {'. '}
        {nextTryAt === null ? (
          t('held.next-try.sync')
        ) : (
          <>
            {t('held.next-try')} <When at={nextTryAt} />
          </>
        )}
      </Text>
    </>
  );
}

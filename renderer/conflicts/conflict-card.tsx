import { Button, Group, Paper, SimpleGrid, Stack, Text } from '@mantine/core';
import { IconArchive, IconArrowBackUp, IconCheck } from '@tabler/icons-react';
import type { ConflictShown } from '../../shared/views.ts';
import { CopyButton } from '../components/copy-button.tsx';
import { ShortValue } from '../components/short-value.tsx';
import { StateBadge } from '../components/state-badge.tsx';
import { tableLabel } from '../components/table-label.ts';
import { Value } from '../components/value.tsx';
import { useText } from '../i18n/use-text.ts';
import { bringsBack, placeOfValue, ruleKey, sidesOf, type Side } from './conflict-words.ts';

interface ConflictCardProps {
  readonly conflict: ConflictShown;
  /** Asks whether the value that lost is to be used; absent: who looks may not decide. */
  readonly onBringBack?: () => void;
}

/** One settled clash: which value, both versions of it side by side, and why the one was kept. */
export function ConflictCard({ conflict, onBringBack }: ConflictCardProps) {
  const t = useText();
  const { at, who, resolved, also } = conflict;
  const [kept, lost] = sidesOf(conflict);
  return (
    <Paper component="li" withBorder radius="md" p="md" style={{ listStyle: 'none' }}>
      <Stack gap="sm">
        <Group justify="space-between" gap="xs">
          <ShortValue value={placeOfValue(conflict)} lines={2} fw={600} />
          <Text c="dimmed">{t('conflicts.settled', { at: t.dateTime(at) })}</Text>
        </Group>
        <SimpleGrid cols={2} spacing="sm">
          <SideValue side={kept} isKept />
          <SideValue side={lost} isKept={false} />
        </SimpleGrid>
        <Text>{t(ruleKey(conflict))}</Text>
        {also.length === 0 ? null : <Also also={also} />}
        {resolved === null ? null : (
          <Text fw={600}>
            {t(`conflicts.resolved.${resolved.keep}`, { at: t.dateTime(resolved.at) })}
          </Text>
        )}
        {onBringBack === undefined || bringsBack(conflict) === null ? null : (
          <div>
            <Button
              variant="default"
              leftSection={<IconArrowBackUp aria-hidden />}
              aria-label={`${t('conflicts.bring-back')}: ${placeOfValue(conflict).slice(0, 120)}`}
              onClick={onBringBack}
            >
              {t('conflicts.bring-back')}
            </Button>
          </div>
        )}
        {who === null ? null : (
          <ShortValue value={t('conflicts.who', { who })} lines={2} c="dimmed" />
        )}
      </Stack>
    </Paper>
  );
}

/** What went with the value that lost: times of the last change, mostly. */
function Also({ also }: Pick<ConflictShown, 'also'>) {
  const t = useText();
  const values = also
    .map(({ column, lost }) =>
      t('conflicts.also.value', {
        column: tableLabel(column),
        value: lost ?? t('conflicts.also.empty'),
      }),
    )
    .join(', ');
  return <ShortValue value={t('conflicts.also', { values })} lines={2} c="dimmed" />;
}

function SideValue({ side, isKept }: { readonly side: Side; readonly isKept: boolean }) {
  const t = useText();
  const edited =
    side.at === null
      ? t('conflicts.edited.unknown')
      : t('conflicts.edited', { at: t.dateTime(side.at) });
  return (
    <Paper withBorder radius="sm" p="sm" miw={0}>
      <Stack gap="xs" align="flex-start">
        <StateBadge Icon={isKept ? IconCheck : IconArchive} color={isKept ? 'green' : 'gray'}>
          {t(isKept ? 'conflicts.kept' : 'conflicts.lost')}
        </StateBadge>
        <Value value={side.value} />
        <Text c="dimmed">
          {t(`conflicts.from.${side.from}`)}, {edited}
        </Text>
        {isKept || side.value === null || side.value === '' ? null : (
          <CopyButton text={side.value} label={t('conflicts.copy-lost')} />
        )}
      </Stack>
    </Paper>
  );
}

import { Button, Group, Stack, Text } from '@mantine/core';
import type { ConflictShown } from '../../shared/views.ts';
import { Dialog } from '../components/dialog.tsx';
import { ShortValue } from '../components/short-value.tsx';
import { Value } from '../components/value.tsx';
import { useText } from '../i18n/use-text.ts';
import { placeOfValue } from './conflict-words.ts';

interface BringBackProps {
  readonly conflict: ConflictShown;
  readonly onYes: () => void;
  readonly onClose: () => void;
}

/** The one question before a value that lost is used after all: it changes what HQ and every terminal see. */
export function BringBackDialog({ conflict, onYes, onClose }: BringBackProps) {
  const t = useText();
  return (
    <Dialog title={t('conflicts.bring-back.title')} onClose={onClose} size={560}>
      <Stack gap="md">
        <Text>{t('conflicts.bring-back.what')}</Text>
        <ShortValue value={placeOfValue(conflict)} lines={2} fw={600} />
        <Value value={conflict.lost} />
        <Group>
          <Button onClick={onYes}>{t('conflicts.bring-back.yes')}</Button>
          <Button variant="default" onClick={onClose}>
            {t('conflicts.bring-back.no')}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}

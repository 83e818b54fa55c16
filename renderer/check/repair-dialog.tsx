import { Button, Group, Stack, Text } from '@mantine/core';
import { Dialog } from '../components/dialog.tsx';
import { useText } from '../i18n/use-text.ts';

interface RepairDialogProps {
  readonly onYes: () => void;
  readonly onClose: () => void;
}

/** A repair overwrites values on one side: what it does is said before it does it. */
export function RepairDialog({ onYes, onClose }: RepairDialogProps) {
  const t = useText();
  return (
    <Dialog title={t('check.repair.title')} onClose={onClose} size={560}>
      <Stack gap="md">
        <Text>{t('check.repair.what')}</Text>
        <Text>{t('check.repair.safe')}</Text>
        <Group>
          <Button onClick={onYes}>{t('check.repair.yes')}</Button>
          <Button variant="default" onClick={onClose}>
            {t('check.repair.no')}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}

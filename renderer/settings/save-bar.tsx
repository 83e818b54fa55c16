import { Button, Group, Paper, Text } from '@mantine/core';
import { IconDeviceFloppy } from '@tabler/icons-react';
import { useEffect } from 'react';
import { useText } from '../i18n/use-text.ts';
import type { SavedForm } from './use-settings-form.ts';

/** While the bar covers the lower edge: what gets the focus is scrolled above it. */
function useRoomBelow(shown: boolean): void {
  useEffect(() => {
    if (!shown) return undefined;
    const { style } = document.documentElement;
    style.scrollPaddingBottom = '8rem';
    return () => {
      style.scrollPaddingBottom = '';
    };
  }, [shown]);
}

/** Stays at the lower edge while something is not saved, so that nobody leaves without seeing it. */
export function SaveBar({ form }: { readonly form: SavedForm }) {
  const t = useText();
  useRoomBelow(form.changed > 0);
  if (form.changed === 0) return null;
  return (
    <Paper
      withBorder
      shadow="md"
      radius="md"
      p="md"
      style={{ position: 'sticky', bottom: 16, zIndex: 2 }}
    >
      <Group justify="space-between" gap="md">
        <Text fw={600} role="status">
          {t('settings.unsaved', { count: form.changed })}{' '}
          {form.blocked ? t('settings.unsaved.fix') : ''}
        </Text>
        <Group gap="sm">
          <Button variant="default" onClick={form.discard}>
            {t('settings.discard')}
          </Button>
          <Button
            leftSection={<IconDeviceFloppy aria-hidden />}
            loading={form.acting.busy !== null}
            onClick={form.save}
          >
            {t('settings.save')}
          </Button>
        </Group>
      </Group>
    </Paper>
  );
}

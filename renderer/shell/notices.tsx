import { Alert, Button, Group } from '@mantine/core';
import { IconFlask, IconPlugConnectedX } from '@tabler/icons-react';
import { useText } from '../i18n/use-text.ts';
import { useAppStore } from './app-store.ts';

/** What holds for every screen: this is a demo; the host does not answer at the moment. */
export function Notices() {
  const t = useText();
  const demo = useAppStore((state) => state.info?.demo === true);
  const link = useAppStore((state) => state.link);
  return (
    <>
      {link === 'lost' ? (
        <Alert
          role="status"
          color="gray"
          variant="outline"
          mb="md"
          icon={<IconPlugConnectedX aria-hidden />}
          title={t('shell.link-lost')}
        >
          <Group justify="space-between">
            {t('shell.link-lost-about')}
            <Button
              variant="default"
              onClick={() => {
                location.reload();
              }}
            >
              {t('shell.reload')}
            </Button>
          </Group>
        </Alert>
      ) : null}
      {demo ? (
        <Alert role="note" color="blue" variant="outline" mb="md" icon={<IconFlask aria-hidden />}>
          {t('shell.demo')}
        </Alert>
      ) : null}
    </>
  );
}

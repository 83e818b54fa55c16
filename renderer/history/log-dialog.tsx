import { Box, Button, Group, Stack, Text } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';
import { useQuery } from '../bridge/use-query.ts';
import { CopyButton } from '../components/copy-button.tsx';
import { Dialog } from '../components/dialog.tsx';
import { Loaded } from '../components/loaded.tsx';
import { useText } from '../i18n/use-text.ts';

interface LogDialogProps {
  readonly onClose: () => void;
}

/** The end of the log where no other program can open it: in a browser. */
export function LogDialog({ onClose }: LogDialogProps) {
  const t = useText();
  const query = useQuery('logTail', {});
  return (
    <Dialog onClose={onClose} size={900} title={t('history.log.title')}>
      <Loaded query={query}>
        {({ lines }) =>
          lines.length === 0 ? (
            <Text>{t('history.log.empty')}</Text>
          ) : (
            <Stack gap="md">
              <LogLines lines={lines} />
              <Group gap="sm">
                <CopyButton text={lines.join('\n')} />
                <Button
                  variant="default"
                  leftSection={<IconRefresh aria-hidden />}
                  loading={query.loading}
                  onClick={query.reload}
                >
                  {t('history.log.refresh')}
                </Button>
              </Group>
            </Stack>
          )
        }
      </Loaded>
    </Dialog>
  );
}

/** Starts at its end, where the newest line is; scrolls by itself and takes the focus for a keyboard to scroll it. */
function LogLines({ lines }: { readonly lines: readonly string[] }) {
  const t = useText();
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    box.current?.scrollTo({ top: box.current.scrollHeight });
  }, [lines]);
  return (
    <Box
      ref={box}
      role="region"
      aria-label={t('history.log.title')}
      tabIndex={0}
      mah="55vh"
      ff="monospace"
      style={{ overflowY: 'auto', overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}
    >
      {lines.join('\n')}
    </Box>
  );
}

import { Code, Group, ScrollArea, Stack, Text } from '@mantine/core';
import { useQuery } from '../bridge/use-query.ts';
import { CopyButton } from '../components/copy-button.tsx';
import { Dialog } from '../components/dialog.tsx';
import { Failure } from '../components/failure.tsx';
import { Loading } from '../components/loading.tsx';
import { useText } from '../i18n/use-text.ts';
import { useDialogs } from './dialog-store.ts';

function Preview() {
  const t = useText();
  const { data, error, reload } = useQuery('diagnostics', {});
  if (data === undefined) {
    return error === null ? <Loading /> : <Failure error={error} onRetry={reload} />;
  }
  return (
    <Stack>
      <Text>{t('shell.diagnostics-about')}</Text>
      <ScrollArea.Autosize mah="50vh" viewportProps={{ tabIndex: 0 }} type="auto">
        <Code block fz="md" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
          {data.text}
        </Code>
      </ScrollArea.Autosize>
      <Group justify="flex-end">
        <CopyButton
          text={data.text}
          label={t('shell.diagnostics-copy')}
          variant="filled"
          data-autofocus
        />
      </Group>
    </Stack>
  );
}

/** The text that goes to support, shown before it is copied. */
export function DiagnosticsDialog() {
  const t = useText();
  const { dialog, close } = useDialogs();
  if (dialog !== 'diagnostics') return null;
  return (
    <Dialog title={t('shell.diagnostics')} onClose={close}>
      <Preview />
    </Dialog>
  );
}

import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { IconAlertOctagon } from '@tabler/icons-react';
import type { Message } from '../../shared/report.ts';
import { useText } from '../i18n/use-text.ts';

interface FailureProps {
  /** A `CallFailed`, or any message of the catalogue. */
  readonly error: Message;
  readonly onRetry?: (() => void) | undefined;
}

/** Why something could not be shown or done: what is wrong, what is safe, what to do; then the code for support. */
export function Failure({ error, onRetry }: FailureProps) {
  const t = useText();
  const parts = t.failure(error);
  return (
    <Alert
      color="red"
      variant="outline"
      icon={<IconAlertOctagon aria-hidden />}
      title={parts?.wrong ?? t.message(error)}
    >
      <Stack gap="sm" align="flex-start">
        {parts === null ? null : (
          <Text>
            {parts.safe} {parts.todo}
          </Text>
        )}
        <Group gap="md">
          {onRetry === undefined ? null : (
            <Button variant="default" onClick={onRetry}>
              {t('common.try-again')}
            </Button>
          )}
          <Text size="sm" c="dimmed">
            {error.code}
          </Text>
        </Group>
      </Stack>
    </Alert>
  );
}

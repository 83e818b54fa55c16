import { Alert, Text } from '@mantine/core';
import { IconCircleCheck } from '@tabler/icons-react';
import type { SchemaFixShown } from '../../shared/views.ts';
import { useText } from '../i18n/use-text.ts';
import { bySeverity } from './schema-words.ts';

/** What a fix did, the file that can bring back what was before, and what is left. */
export function FixedAlert({
  fixed: { applied, backup, remaining },
}: {
  readonly fixed: SchemaFixShown;
}) {
  const t = useText();
  const { blocking, manual, fixable } = bySeverity(remaining);
  const left = blocking.length + manual.length + fixable.length;
  return (
    <Alert
      role="status"
      color={left === 0 ? 'green' : 'yellow'}
      variant="outline"
      icon={<IconCircleCheck aria-hidden />}
    >
      <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
        {t('schema.fixed', { count: applied, ...(backup === null ? {} : { backup }) })}{' '}
        {t('schema.fixed.remaining', { count: left })}
      </Text>
    </Alert>
  );
}

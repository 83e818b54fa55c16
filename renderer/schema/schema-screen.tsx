import { Alert, Button, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck, IconRefresh } from '@tabler/icons-react';
import { useState } from 'react';
import type { SchemaFixShown, SchemaShown } from '../../shared/views.ts';
import { useQuery } from '../bridge/use-query.ts';
import { Empty } from '../components/empty.tsx';
import { Loaded } from '../components/loaded.tsx';
import { Said } from '../components/said.tsx';
import { Screen } from '../components/screen.tsx';
import { useAct, type Acting } from '../components/use-act.ts';
import { useText } from '../i18n/use-text.ts';
import { Findings } from './findings.tsx';
import { FixCard } from './fix-card.tsx';
import { FixedAlert } from './fixed-alert.tsx';
import { bySeverity } from './schema-words.ts';

/** Is payflow.db aligned with HQ? The findings in plain words, and the fix, shown before it is applied. */
export function SchemaScreen() {
  const t = useText();
  const query = useQuery('schemaCheck', {}, ['schema']);
  const [fixed, setFixed] = useState<SchemaFixShown | null>(null);
  const acting = useAct();
  return (
    <Screen
      title={t('schema.title')}
      actions={
        <Button
          variant="default"
          leftSection={<IconRefresh aria-hidden />}
          loading={query.loading && query.data !== undefined}
          onClick={query.reload}
        >
          {t('schema.again')}
        </Button>
      }
    >
      <Text maw={760}>{t('schema.about')}</Text>
      {fixed === null ? null : <FixedAlert fixed={fixed} />}
      <Said acting={acting} />
      <Loaded query={query}>
        {(report) => (
          <Report
            report={report}
            acting={acting}
            onFixed={(outcome) => {
              setFixed(outcome);
              query.reload();
            }}
            onRefused={query.reload}
          />
        )}
      </Loaded>
    </Screen>
  );
}

interface ReportProps {
  readonly report: SchemaShown;
  readonly onFixed: (fixed: SchemaFixShown) => void;
  readonly acting: Acting;
  readonly onRefused: () => void;
}

function Report({ report: { findings, shown }, acting, onFixed, onRefused }: ReportProps) {
  const t = useText();
  if (findings.length === 0) {
    return (
      <Empty icon={<IconCircleCheck size={36} />} title={t('schema.fine')}>
        {t('schema.fine.more')}
      </Empty>
    );
  }
  return (
    <Stack gap="lg">
      <Summary findings={findings} />
      {shown === null ? null : (
        <FixCard
          key={shown}
          acting={acting}
          shown={shown}
          findings={findings}
          onFixed={onFixed}
          onRefused={onRefused}
        />
      )}
      <Findings findings={findings} />
    </Stack>
  );
}

function Summary({ findings }: Pick<SchemaShown, 'findings'>) {
  const t = useText();
  const { blocking, manual, fixable } = bySeverity(findings);
  const counted = [
    ['fixable', fixable.length],
    ['manual', manual.length],
    ['blocking', blocking.length],
  ] as const;
  const parts = counted.flatMap(([severity, count]) =>
    count === 0 ? [] : [t(`schema.summary.${severity}`, { count })],
  );
  const fine = parts.length === 0;
  return (
    <Alert
      role="status"
      color={fine ? 'green' : 'yellow'}
      variant="outline"
      icon={fine ? <IconCircleCheck aria-hidden /> : <IconAlertTriangle aria-hidden />}
    >
      <Text fw={600}>
        {fine ? t('schema.fine.status') : [t('schema.safe'), ...parts].join(' ')}
      </Text>
    </Alert>
  );
}

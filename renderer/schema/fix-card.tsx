import { Button, Group, Modal, Paper, Stack, Text, Title } from '@mantine/core';
import { IconTool } from '@tabler/icons-react';
import { useState } from 'react';
import type { SchemaFinding, SchemaFixShown } from '../../shared/views.ts';
import { useCall } from '../bridge/use-call.ts';
import type { Acting } from '../components/use-act.ts';
import { useIsManager } from '../components/use-is-manager.ts';
import { useText } from '../i18n/use-text.ts';
import { Statements } from './statements.tsx';
import { fixStatements } from './schema-words.ts';

interface FixCardProps {
  /** Names this very fix. */
  readonly shown: string;
  readonly findings: readonly SchemaFinding[];
  /** The screen's, because a refused fix may be shown anew and the reason has to outlive it. */
  readonly acting: Acting;
  readonly onFixed: (fixed: SchemaFixShown) => void;
  /** The report may be of yesterday: it is to be read again. */
  readonly onRefused: () => void;
}

/** Every statement of the fix before it runs, and the button that applies it once a manager has said yes. */
export function FixCard({ shown, findings, acting, onFixed, onRefused }: FixCardProps) {
  const t = useText();
  const call = useCall();
  const manager = useIsManager();
  const [asking, setAsking] = useState(false);
  const statements = fixStatements(findings);
  const count = statements.length;

  const apply = (): void => {
    acting.act('fix', async () => {
      try {
        onFixed(await call('schemaFix', { shown }));
      } catch (error) {
        onRefused();
        throw error;
      } finally {
        setAsking(false);
      }
      return null;
    });
  };

  return (
    <Paper withBorder radius="md" p="md" component="section" aria-label={t('schema.fix.title')}>
      <Stack gap="sm" align="flex-start">
        <Title order={2} size="h4">
          {t('schema.fix.title')}
        </Title>
        <Text>{t('schema.fix.about', { count })}</Text>
        <Statements statements={statements} label={t('schema.fix.statements')} />
        {manager ? (
          <Button
            leftSection={<IconTool aria-hidden />}
            loading={acting.busy !== null}
            onClick={() => {
              setAsking(true);
            }}
          >
            {t('schema.fix.apply')}
          </Button>
        ) : (
          <Text fw={600}>{t('schema.fix.manager')}</Text>
        )}
      </Stack>
      <Modal
        opened={asking}
        title={t('schema.confirm.title')}
        onClose={() => {
          setAsking(false);
        }}
      >
        <Stack gap="lg">
          <Text>{t('schema.confirm.about', { count })}</Text>
          <Group justify="flex-end">
            <Button
              variant="default"
              data-autofocus
              onClick={() => {
                setAsking(false);
              }}
            >
              {t('common.cancel')}
            </Button>
            <Button loading={acting.busy !== null} onClick={apply}>
              {t('schema.confirm.apply')}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </Paper>
  );
}

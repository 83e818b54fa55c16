import { Alert, Button, Group, List, Stack, Text, ThemeIcon } from '@mantine/core';
import {
  IconAlertOctagon,
  IconCheck,
  IconCircleCheck,
  IconMinus,
  IconPlugConnected,
  IconX,
  type Icon,
} from '@tabler/icons-react';
import type { HqAddressForm } from '../../shared/contract.ts';
import type { ConnectionTest } from '../../shared/views.ts';
import { useCall } from '../bridge/use-call.ts';
import { Said } from '../components/said.tsx';
import { useAct } from '../components/use-act.ts';
import { useText } from '../i18n/use-text.ts';
import { stepStates, type StepState } from './connection-steps.ts';

/** A test's answer and the form it was asked with. */
export interface Tested {
  readonly address: HqAddressForm;
  readonly result: ConnectionTest;
}

interface TestConnectionProps {
  /** null: parts are missing, so there is nothing to test. */
  readonly address: HqAddressForm | null;
  readonly terminal: string | null;
  readonly tested: Tested | null;
  readonly onTested: (tested: Tested) => void;
  /** Pressed while parts are missing. */
  readonly onIncomplete: () => void;
}

/** Tries the address of the form as it stands and says, step by step, what passed and what exactly ended it. */
export function TestConnection(props: TestConnectionProps) {
  const { address, terminal, tested, onTested, onIncomplete } = props;
  const t = useText();
  const call = useCall();
  const acting = useAct();
  const old = tested !== null && JSON.stringify(tested.address) !== JSON.stringify(address);
  return (
    <Stack gap="md">
      <Group>
        <Button
          variant="default"
          leftSection={<IconPlugConnected aria-hidden />}
          loading={acting.busy !== null}
          onClick={() => {
            if (address === null) {
              onIncomplete();
              return;
            }
            acting.act('test', async () => {
              const result = await call('testConnection', { hq: address, terminal });
              onTested({ address, result });
              return null;
            });
          }}
        >
          {t('settings.test')}
        </Button>
        <Text flex={1} miw={200}>
          {t('settings.test.about')}
        </Text>
      </Group>
      <Said acting={acting} />
      {tested === null ? null : (
        <Stack gap="xs">
          {old ? <Text fw={600}>{t('settings.test.old')}</Text> : null}
          <TestOutcome result={tested.result} />
        </Stack>
      )}
    </Stack>
  );
}

/** The answer of a test in one sentence, what exactly ended it, and every step. */
export function TestOutcome({ result }: { readonly result: ConnectionTest }) {
  const t = useText();
  const { failed } = result;
  const message = failed?.message ?? null;
  return (
    <Alert
      w="100%"
      style={{ overflowWrap: 'anywhere' }}
      color={result.ok ? 'green' : 'red'}
      variant="outline"
      icon={result.ok ? <IconCircleCheck aria-hidden /> : <IconAlertOctagon aria-hidden />}
      role={result.ok ? 'status' : 'alert'}
      title={
        message === null ? t('settings.test.ok') : (t.failure(message)?.wrong ?? t.message(message))
      }
    >
      <Stack gap="sm">
        {failed === null || message === null ? null : (
          <>
            <Text>{t(`settings.hint.${failed.step}`)}</Text>
            <Text size="sm" c="dimmed">
              {message.code}
            </Text>
          </>
        )}
        <Steps result={result} />
      </Stack>
    </Alert>
  );
}

const looks: Readonly<Record<StepState, { readonly icon: Icon; readonly color: string }>> = {
  passed: { icon: IconCheck, color: 'green' },
  stopped: { icon: IconX, color: 'red' },
  skipped: { icon: IconMinus, color: 'gray' },
  untried: { icon: IconMinus, color: 'gray' },
};

function Steps({ result }: { readonly result: ConnectionTest }) {
  const t = useText();
  return (
    <List aria-label={t('settings.test.steps')} listStyleType="none" spacing={6} center>
      {stepStates(result).map(({ step, state }) => {
        const { icon: StepIcon, color } = looks[state];
        return (
          <List.Item
            key={step}
            icon={
              <ThemeIcon color={color} variant="light" size={28} radius="xl" aria-hidden>
                <StepIcon size={18} />
              </ThemeIcon>
            }
          >
            {t(`settings.step.${step}`)}: {t(`settings.test.${state}`)}
          </List.Item>
        );
      })}
    </List>
  );
}

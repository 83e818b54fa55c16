import { Button, Stack, Stepper, Text, ThemeIcon, Title } from '@mantine/core';
import { IconCheck, IconLock } from '@tabler/icons-react';
import { useState } from 'react';
import type { HqAddressForm } from '../../shared/contract.ts';
import type { SettingsShown, SetupShown } from '../../shared/views.ts';
import { useQuery } from '../bridge/use-query.ts';
import { Empty } from '../components/empty.tsx';
import { Loaded } from '../components/loaded.tsx';
import { Loading } from '../components/loading.tsx';
import { Screen } from '../components/screen.tsx';
import { useText } from '../i18n/use-text.ts';
import type { Tested } from '../settings/test-connection.tsx';
import { useSettingsForm } from '../settings/use-settings-form.ts';
import { useAppInfo } from '../shell/app-store.ts';
import { useRouter } from '../shell/router-store.ts';
import { LanguageStep } from './language-step.tsx';
import { LoadStep } from './load-step.tsx';
import { ServerStep } from './server-step.tsx';
import { activeStep, reachedStep, SETUP_STEPS } from './setup-steps.ts';
import { TerminalStep } from './terminal-step.tsx';

/** The first run: four steps, each saved as it is finished, so that it can be left and gone on with. */
export function SetupScreen() {
  const t = useText();
  const info = useAppInfo();
  return (
    <Screen title={t('setup.title')}>
      {info === null ? (
        <Loading />
      ) : info.role === 'manager' ? (
        <ManagersSetup />
      ) : (
        <Empty icon={<IconLock size={36} />} title={t('setup.manager-only')}>
          {t('setup.manager-only.more')}
        </Empty>
      )}
    </Screen>
  );
}

function ManagersSetup() {
  const setup = useQuery('setup', {}, ['setup']);
  const settings = useQuery('settings', {}, ['settings']);
  return (
    <Loaded query={setup}>
      {(step) => (
        <Loaded query={settings}>
          {(shown) => (
            <Steps
              setup={step}
              shown={shown}
              onSaved={() => {
                setup.reload();
                settings.reload();
              }}
            />
          )}
        </Loaded>
      )}
    </Loaded>
  );
}

interface StepsProps {
  readonly setup: SetupShown;
  readonly shown: SettingsShown;
  readonly onSaved: () => void;
}

/** The saved address as a form has it: without the password, which the host adds. */
function savedAddress({ hq }: SettingsShown): HqAddressForm | null {
  if (hq === null) return null;
  const { host, port, database, user, tls } = hq;
  return { host, port, database, user, tls };
}

function Steps({ setup, shown, onSaved }: StepsProps) {
  const t = useText();
  const [chosen, setChosen] = useState<number | null>(null);
  const [tested, setTested] = useState<Tested | null>(null);
  const active = activeStep(setup, chosen);
  const reached = reachedStep(setup);
  const next = (): void => {
    setChosen(active + 1);
  };
  const back = (): void => {
    setChosen(active - 1);
  };
  const form = useSettingsForm(shown, () => {
    next();
    onSaved();
  });
  const hq = savedAddress(shown);
  return (
    <Stack gap="lg">
      <Stepper active={active} onStepClick={setChosen} aria-label={t('setup.steps')}>
        {SETUP_STEPS.map((step, place) => (
          <Stepper.Step
            key={step}
            label={t(`setup.step.${step}`)}
            allowStepSelect={place <= reached && !setup.running}
            aria-current={place === active ? 'step' : undefined}
          />
        ))}
      </Stepper>
      {active === 0 ? (
        <LanguageStep
          shown={shown}
          onStay={() => {
            setChosen(0);
          }}
          onNext={next}
        />
      ) : null}
      {active === 1 ? (
        <ServerStep form={form} tested={tested} onTested={setTested} onBack={back} onNext={next} />
      ) : null}
      {active === 2 && hq !== null ? (
        <TerminalStep form={form} hq={hq} onBack={back} onNext={next} />
      ) : null}
      {active === 3 && hq !== null && shown.terminal !== null ? (
        <LoadStep setup={setup} hq={hq} terminal={shown.terminal} onBack={back} />
      ) : null}
      {active === SETUP_STEPS.length ? <Done /> : <Text c="dimmed">{t('setup.leave')}</Text>}
    </Stack>
  );
}

function Done() {
  const t = useText();
  const go = useRouter((state) => state.go);
  return (
    <Stack align="center" gap="md" py="xl" ta="center">
      <ThemeIcon color="green" size={72} radius="xl" aria-hidden>
        <IconCheck size={44} />
      </ThemeIcon>
      <div role="status">
        <Title order={2}>{t('setup.done.title')}</Title>
      </div>
      <Text maw={560}>{t('setup.done.about')}</Text>
      <Button
        onClick={() => {
          go('status');
        }}
      >
        {t('setup.done.open')}
      </Button>
    </Stack>
  );
}

import { Button, Divider, Group, Loader, Stack, Text, Title } from '@mantine/core';
import { IconBuildingStore } from '@tabler/icons-react';
import type { SettingsShown } from '../../shared/views.ts';
import { useCall } from '../bridge/use-call.ts';
import { Said } from '../components/said.tsx';
import { useAct } from '../components/use-act.ts';
import { useText } from '../i18n/use-text.ts';
import { LanguageChoice } from '../settings/window-sections.tsx';
import { useAppInfo } from '../shell/app-store.ts';
import { useRouter } from '../shell/router-store.ts';
import { StepFrame } from './step-frame.tsx';

interface LanguageStepProps {
  readonly shown: SettingsShown;
  /** Stays on this step although the host takes it for done once a language is chosen. */
  readonly onStay: () => void;
  readonly onNext: () => void;
}

/** The language takes effect as soon as it is chosen; here too is the way to the demo shop. */
export function LanguageStep({ shown, onStay, onNext }: LanguageStepProps) {
  const t = useText();
  const call = useCall();
  const acting = useAct();
  const info = useAppInfo();
  const choose = (language: SettingsShown['language'], then: () => void): void => {
    acting.act('language', async () => {
      onStay();
      await call('saveSettings', { language });
      then();
      return null;
    });
  };
  return (
    <StepFrame
      title={t('setup.language.title')}
      about={t('setup.language.about')}
      next={{
        label: t('setup.next'),
        busy: acting.busy === 'language',
        onNext: () => {
          choose(shown.language, onNext);
        },
      }}
    >
      <LanguageChoice
        value={shown.language}
        onChange={(language) => {
          choose(language, () => undefined);
        }}
      />
      <Said acting={acting} />
      {info?.capabilities.demo === true && !info.demo ? <DemoOffer /> : null}
    </StepFrame>
  );
}

function DemoOffer() {
  const t = useText();
  const call = useCall();
  const acting = useAct();
  const go = useRouter((state) => state.go);
  const busy = acting.busy !== null;
  return (
    <Stack gap="sm">
      <Divider />
      <Title order={2} size="h4">
        {t('setup.demo.title')}
      </Title>
      <Text>{t('setup.demo.about')}</Text>
      <Group>
        <Button
          variant="default"
          leftSection={<IconBuildingStore aria-hidden />}
          disabled={busy}
          onClick={() => {
            acting.act('demo', async () => {
              await call('startDemo', {});
              go('status');
              return null;
            });
          }}
        >
          {t('setup.demo.start')}
        </Button>
      </Group>
      {busy ? (
        <Group gap="sm" role="status">
          <Loader size="sm" aria-hidden />
          <Text>{t('setup.demo.starting')}</Text>
        </Group>
      ) : null}
      <Said acting={acting} />
      <Divider />
    </Stack>
  );
}

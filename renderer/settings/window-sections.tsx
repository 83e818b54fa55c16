import { Alert, Radio, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { AppInfo } from '../../shared/views.ts';
import { useText } from '../i18n/use-text.ts';
import { NumberField, SwitchField } from './fields.tsx';
import { Section } from './section.tsx';
import type { SettingsForm } from './use-settings-form.ts';

const languages = ['auto', 'en', 'es'] as const;
const appearances = ['auto', 'light', 'dark'] as const;

interface ChoiceProps<T extends string> {
  readonly label: string;
  readonly values: readonly T[];
  readonly value: T;
  readonly labelOf: (value: T) => string;
  readonly onChange: (value: T) => void;
}

/** One of a few, all of them seen at once. */
export function Choice<T extends string>(props: ChoiceProps<T>) {
  const { label, values, value, labelOf, onChange } = props;
  return (
    <Radio.Group
      aria-label={label}
      value={value}
      onChange={(next) => {
        const found = values.find((one) => one === next);
        if (found !== undefined) onChange(found);
      }}
    >
      <Stack gap="md">
        {values.map((one) => (
          <Radio key={one} value={one} label={labelOf(one)} />
        ))}
      </Stack>
    </Radio.Group>
  );
}

interface LanguageChoiceProps {
  readonly value: (typeof languages)[number];
  readonly onChange: (value: (typeof languages)[number]) => void;
}

export function LanguageChoice({ value, onChange }: LanguageChoiceProps) {
  const t = useText();
  return (
    <Choice
      label={t('settings.language')}
      values={languages}
      value={value}
      labelOf={(one) => t(`settings.language.${one}`)}
      onChange={onChange}
    />
  );
}

interface WindowSectionsProps {
  readonly form: SettingsForm;
  readonly info: AppInfo;
}

/** What is PayFlow's own and not the sync's: notifications, API, language, appearance, start. */
export function WindowSections({ form, info }: WindowSectionsProps) {
  const t = useText();
  const { draft, edit } = form;
  const { capabilities, surface } = info;
  return (
    <>
      {capabilities.notifications ? (
        <Section
          id="settings-notifications"
          title={t('settings.notifications')}
          about={t('settings.notifications.about')}
        >
          {(['attention', 'error', 'offline'] as const).map((field) => (
            <SwitchField
              key={field}
              form={form}
              field={field}
              label={t(`settings.notifications.${field}`)}
            />
          ))}
        </Section>
      ) : null}
      <Section id="settings-language" title={t('settings.language')}>
        <LanguageChoice
          value={draft.language}
          onChange={(language) => {
            edit({ language });
          }}
        />
      </Section>
      <Section id="settings-appearance" title={t('settings.appearance')}>
        <Choice
          label={t('settings.appearance')}
          values={appearances}
          value={draft.appearance}
          labelOf={(one) => t(`settings.appearance.${one}`)}
          onChange={(appearance) => {
            edit({ appearance });
          }}
        />
        <SwitchField form={form} field="large" label={t('settings.large')} />
      </Section>
      {capabilities.launchAtLogin ? (
        <Section id="settings-start" title={t('settings.start')}>
          <SwitchField
            form={form}
            field="launchAtLogin"
            label={t('settings.launch')}
            help={t('settings.launch.help')}
          />
          <SwitchField form={form} field="stillHereHint" label={t('settings.still-here')} />
        </Section>
      ) : null}
      <Section id="settings-api" title={t('settings.api')} about={t('settings.api.about')}>
        {surface === 'console' ? (
          <Text>{t('settings.api.console')}</Text>
        ) : (
          <ApiFields form={form} />
        )}
      </Section>
    </>
  );
}

function ApiFields({ form }: { readonly form: SettingsForm }) {
  const t = useText();
  const { apiEnabled, apiPort } = form.draft;
  const { apiProblem } = form.shown;
  const problem = apiProblem === null ? null : t.status(apiProblem);
  return (
    <>
      {problem === null ? null : (
        <Alert
          role="note"
          color="yellow"
          variant="outline"
          icon={<IconAlertTriangle aria-hidden />}
          title={problem.headline}
        >
          {problem.reason}
        </Alert>
      )}
      <SwitchField form={form} field="apiEnabled" label={t('settings.api.enabled')} />
      {apiEnabled ? (
        <>
          <NumberField
            form={form}
            field="apiPort"
            label={t('settings.api.port')}
            min={1}
            max={65_535}
          />
          <Text>{t('settings.api.address', { address: `http://127.0.0.1:${apiPort}/` })}</Text>
        </>
      ) : null}
    </>
  );
}

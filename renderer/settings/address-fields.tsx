import { Alert, Group, PasswordInput, Select, Stack } from '@mantine/core';
import { IconLockOpen } from '@tabler/icons-react';
import { useText } from '../i18n/use-text.ts';
import { fieldStyles, NumberField, SwitchField, TextField, useHelp } from './fields.tsx';
import type { SettingsForm } from './use-settings-form.ts';

const kinds = ['verify', 'off'] as const;

/** HQ's address in its parts. The password goes one way: a kept one is never shown. */
export function AddressFields({ form }: { readonly form: SettingsForm }) {
  const t = useText();
  const { draft, shown, edit } = form;
  const locked = form.isLocked('host');
  const kept = shown.hq?.hasPassword === true;
  return (
    <Stack gap="md">
      <Group align="flex-start" grow preventGrowOverflow={false} wrap="wrap">
        <TextField
          form={form}
          field="host"
          label={t('settings.host')}
          help={t('settings.host.help')}
          inputMode="url"
        />
        <NumberField form={form} field="port" label={t('settings.port')} min={1} max={65_535} />
      </Group>
      <TextField form={form} field="database" label={t('settings.database')} />
      <TextField form={form} field="user" label={t('settings.user')} />
      <PasswordInput
        styles={fieldStyles}
        label={t('settings.password')}
        description={useHelp(
          form,
          'password',
          t(kept ? 'settings.password.kept' : 'settings.password.none'),
        )}
        value={draft.password}
        error={form.errorOf('password')}
        readOnly={locked}
        disabled={draft.noPassword}
        autoComplete="new-password"
        onChange={(event) => {
          edit({ password: event.currentTarget.value });
        }}
      />
      {kept && !locked ? (
        <SwitchField form={form} field="noPassword" label={t('settings.password.remove')} />
      ) : null}
      {shown.secretsAreSafe ? null : (
        <Alert role="note" color="yellow" variant="outline" icon={<IconLockOpen aria-hidden />}>
          {t('settings.password.unsafe')}
        </Alert>
      )}
      <Select
        styles={fieldStyles}
        label={t('settings.tls')}
        description={useHelp(form, 'tls')}
        data={kinds.map((value) => ({ value, label: t(`settings.tls.${value}`) }))}
        value={draft.tls}
        readOnly={locked}
        allowDeselect={false}
        onChange={(value) => {
          const tls = kinds.find((kind) => kind === value);
          if (tls !== undefined) edit({ tls });
        }}
      />
    </Stack>
  );
}

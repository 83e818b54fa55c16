import { Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useText } from '../i18n/use-text.ts';
import { AddressFields } from './address-fields.tsx';
import { Locked, Section } from './section.tsx';
import { addressIn } from './settings-form.ts';
import { TerminalField } from './terminal-field.tsx';
import { TestConnection, type Tested } from './test-connection.tsx';
import type { SettingsForm } from './use-settings-form.ts';

interface ConnectionSectionProps {
  readonly form: SettingsForm;
  /** Marks the fields that are missing. */
  readonly onIncomplete: () => void;
}

/** Connection and terminal stand together because a test of the one finds the other's choices. */
export function ConnectionSections({ form, onIncomplete }: ConnectionSectionProps) {
  const t = useText();
  const [tested, setTested] = useState<Tested | null>(null);
  const terminal = form.draft.terminal.trim();
  const { shown } = form;
  return (
    <>
      <Section id="settings-connection" title={t('settings.connection')}>
        {form.isLocked('host') ? <Locked /> : null}
        <AddressFields form={form} />
        <TestConnection
          address={addressIn(form.draft)}
          terminal={terminal === '' ? null : terminal}
          tested={tested}
          onTested={setTested}
          onIncomplete={onIncomplete}
        />
      </Section>
      <Section id="settings-terminal" title={t('settings.terminal')}>
        <TerminalField form={form} terminals={tested?.result.terminals ?? []} />
        <Stack gap={4}>
          {shown.terminal !== null && terminal !== shown.terminal ? (
            <Text fw={600}>{t('settings.terminal.warn')}</Text>
          ) : null}
          <Text style={{ overflowWrap: 'anywhere' }}>
            {t('settings.file', { path: shown.databasePath })}
          </Text>
        </Stack>
      </Section>
    </>
  );
}

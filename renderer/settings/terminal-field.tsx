import { Autocomplete, Stack, Text } from '@mantine/core';
import type { ConnectionTest } from '../../shared/views.ts';
import { useText } from '../i18n/use-text.ts';
import { fieldStyles, useHelp } from './fields.tsx';
import type { SettingsForm } from './use-settings-form.ts';

interface TerminalFieldProps {
  readonly form: SettingsForm;
  /** Those that HQ knows; empty before a test could read them. */
  readonly terminals: ConnectionTest['terminals'];
}

/** The terminal's code: typed, or chosen from those that HQ knows. */
export function TerminalField({ form, terminals }: TerminalFieldProps) {
  const t = useText();
  const byCode = new Map(terminals.map((terminal) => [terminal.code, terminal]));
  const of = (code: string): string | null => {
    const terminal = byCode.get(code);
    return terminal === undefined
      ? null
      : t('settings.terminal.of', { name: terminal.name, store: terminal.store });
  };
  const help =
    terminals.length === 0
      ? t('settings.terminal.help')
      : t('settings.terminal.choose', { count: terminals.length });
  const chosen = of(form.draft.terminal.trim());
  return (
    <Stack gap={4}>
      <Autocomplete
        label={t('settings.terminal.code')}
        description={useHelp(form, 'terminal', help)}
        value={form.draft.terminal}
        error={form.errorOf('terminal')}
        readOnly={form.isLocked('terminal')}
        data={[...byCode.keys()]}
        limit={50}
        maxDropdownHeight={320}
        styles={{ ...fieldStyles, wrapper: { maxWidth: 480 }, option: { minHeight: 48 } }}
        onChange={(terminal) => {
          form.edit({ terminal });
        }}
        renderOption={({ option }) => (
          <Stack gap={0} miw={0}>
            <Text fw={600}>{option.value}</Text>
            <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
              {of(option.value)}
            </Text>
          </Stack>
        )}
      />
      {chosen === null ? null : (
        <Text dir="auto" style={{ overflowWrap: 'anywhere' }}>
          {chosen}
        </Text>
      )}
    </Stack>
  );
}

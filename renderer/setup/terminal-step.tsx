import { Group, Loader, Radio, ScrollArea, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { HqAddressForm } from '../../shared/contract.ts';
import type { ConnectionTest } from '../../shared/views.ts';
import { useQuery } from '../bridge/use-query.ts';
import { Failure } from '../components/failure.tsx';
import { useText } from '../i18n/use-text.ts';
import { fieldStyles } from '../settings/fields.tsx';
import { TerminalField } from '../settings/terminal-field.tsx';
import { TestOutcome } from '../settings/test-connection.tsx';
import type { SavedForm } from '../settings/use-settings-form.ts';
import { findTerminals } from './setup-steps.ts';
import { StepFrame } from './step-frame.tsx';

/** More than these need a search. */
const seenAtOnce = 8;
/** No list shows more; the search finds the others. */
const listed = 100;

interface TerminalStepProps {
  readonly form: SavedForm;
  /** HQ's saved address. */
  readonly hq: HqAddressForm;
  readonly onBack: () => void;
  readonly onNext: () => void;
}

/** Which till this is: chosen from HQ's terminals, or typed where HQ cannot be asked. */
export function TerminalStep({ form, hq, onBack, onNext }: TerminalStepProps) {
  const t = useText();
  const query = useQuery('testConnection', { hq, terminal: null });
  const { data, error } = query;
  return (
    <StepFrame
      title={t('setup.terminal.title')}
      about={t('setup.terminal.about')}
      onBack={onBack}
      next={{
        label: t('setup.next'),
        busy: form.acting.busy !== null,
        disabled: form.draft.terminal.trim() === '',
        onNext: () => {
          if (form.changed === 0) onNext();
          else form.save();
        },
      }}
    >
      {data === undefined && error === null ? (
        <Group gap="sm" role="status">
          <Loader size="sm" aria-hidden />
          <Text>{t('setup.terminal.loading')}</Text>
        </Group>
      ) : null}
      {error === null ? null : <Failure error={error} onRetry={query.reload} />}
      {data !== undefined && !data.ok ? <TestOutcome result={data} /> : null}
      {data?.ok === true && data.terminals.length === 0 ? (
        <Text>{t('setup.terminal.none')}</Text>
      ) : null}
      {data !== undefined && data.terminals.length > 0 && !form.isLocked('terminal') ? (
        <TerminalList form={form} terminals={data.terminals} />
      ) : (
        <TerminalField form={form} terminals={[]} />
      )}
      {form.refused === null ? null : <Failure error={form.refused} />}
    </StepFrame>
  );
}

interface TerminalListProps {
  readonly form: SavedForm;
  readonly terminals: ConnectionTest['terminals'];
}

function TerminalList({ form, terminals }: TerminalListProps) {
  const t = useText();
  const [search, setSearch] = useState('');
  const found = findTerminals(terminals, search).slice(0, listed);
  return (
    <Stack gap="md">
      {terminals.length <= seenAtOnce ? null : (
        <TextInput
          type="search"
          styles={fieldStyles}
          label={t('setup.terminal.search')}
          description={t('setup.terminal.found', { shown: found.length, total: terminals.length })}
          value={search}
          onChange={(event) => {
            setSearch(event.currentTarget.value);
          }}
        />
      )}
      <ScrollArea.Autosize mah={420} type="auto" offsetScrollbars>
        <Radio.Group
          aria-label={t('setup.terminal.list')}
          value={form.draft.terminal}
          error={form.errorOf('terminal')}
          onChange={(terminal) => {
            form.edit({ terminal });
          }}
        >
          <Stack gap="xs" p={4}>
            {found.map(({ code, name, store }) => (
              <Radio.Card key={code} value={code} p="md" radius="md" mih={56}>
                <Group wrap="nowrap" gap="md">
                  <Radio.Indicator size="md" />
                  <Stack gap={0} miw={0}>
                    <Text fw={600} dir="auto" style={{ overflowWrap: 'anywhere' }}>
                      {code}
                    </Text>
                    <Text dir="auto" style={{ overflowWrap: 'anywhere' }}>
                      {t('settings.terminal.of', { name, store })}
                    </Text>
                  </Stack>
                </Group>
              </Radio.Card>
            ))}
          </Stack>
        </Radio.Group>
      </ScrollArea.Autosize>
    </Stack>
  );
}

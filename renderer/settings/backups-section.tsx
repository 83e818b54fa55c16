import { Table, Text } from '@mantine/core';
import { When } from '../components/when.tsx';
import { useText } from '../i18n/use-text.ts';
import { NumberField } from './fields.tsx';
import { Section } from './section.tsx';
import type { SettingsForm } from './use-settings-form.ts';

/** How many copies of payflow.db are kept, and those there are. */
export function BackupsSection({ form }: { readonly form: SettingsForm }) {
  const t = useText();
  const { backups } = form.shown;
  return (
    <Section id="settings-backups" title={t('settings.backups')}>
      <NumberField
        form={form}
        field="backupKeep"
        label={t('settings.backups.keep')}
        help={t('settings.backups.keep.help')}
        min={1}
        max={1_000}
      />
      {backups.length === 0 ? (
        <Text>{t('settings.backups.none')}</Text>
      ) : (
        <Table>
          <Table.Caption ta="left">{t('settings.backups.list')}</Table.Caption>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t('settings.backups.name')}</Table.Th>
              <Table.Th scope="col">{t('settings.backups.at')}</Table.Th>
              <Table.Th scope="col" ta="right">
                {t('settings.backups.bytes')}
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {backups.map(({ name, at, bytes }) => (
              <Table.Tr key={name}>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>{name}</Table.Td>
                <Table.Td>
                  <When at={at} />
                </Table.Td>
                <Table.Td ta="right">{t.bytes(bytes)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Section>
  );
}

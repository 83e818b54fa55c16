import { Group, Kbd, Table } from '@mantine/core';
import { Fragment } from 'react';
import { Dialog } from '../components/dialog.tsx';
import { useText } from '../i18n/use-text.ts';
import { useDialogs } from './dialog-store.ts';
import { NAVIGATION } from './keyboard.ts';

/** Mac keyboards say Cmd where others say Ctrl. */
const isMac = (): boolean => navigator.userAgent.includes('Mac');

/** What `?` lists; the keys themselves are decided in `keyboard.ts`. */
export function KeysDialog() {
  const t = useText();
  const { dialog, close } = useDialogs();
  if (dialog !== 'keys') return null;
  const main = isMac() ? 'Cmd' : 'Ctrl';
  const rows: readonly (readonly [string, readonly string[]])[] = [
    [t('shell.keys-sync'), ['F5']],
    [t('shell.keys-sync-too'), [main, 'R']],
    [t('shell.keys-screens'), [main, `1…${NAVIGATION.length}`]],
    [t('shell.nav-settings'), [main, ',']],
    [t('shell.diagnostics'), [main, 'Shift', 'D']],
    [t('shell.keys-regions'), ['F6']],
    [t('shell.keys-close'), ['Esc']],
    [t('shell.keys'), ['?']],
  ];
  return (
    <Dialog title={t('shell.keys')} onClose={close} size={620}>
      <Table verticalSpacing="sm">
        <Table.Caption>{t('shell.keys-caption')}</Table.Caption>
        <Table.Tbody>
          {rows.map(([does, keys]) => (
            <Table.Tr key={does}>
              <Table.Th scope="row" fw={400}>
                {does}
              </Table.Th>
              <Table.Td>
                <Group gap={6} wrap="nowrap">
                  {keys.map((key, place) => (
                    <Fragment key={key}>
                      {place === 0 ? null : '+'}
                      <Kbd size="md">{key}</Kbd>
                    </Fragment>
                  ))}
                </Group>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Dialog>
  );
}

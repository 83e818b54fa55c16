import { Button, Group, List, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useCall } from '../bridge/use-call.ts';
import { useQuery } from '../bridge/use-query.ts';
import { Dialog } from '../components/dialog.tsx';
import { Loaded } from '../components/loaded.tsx';
import { Said } from '../components/said.tsx';
import { tableLabel } from '../components/table-label.ts';
import { useAct } from '../components/use-act.ts';
import { useText } from '../i18n/use-text.ts';
import { useStatus } from './status-store.ts';

/** Asks a manager whether this machine is the terminal from now on (DESIGN 8.2). Shown where HQ has refused it. */
export function TakeOver({ label }: { readonly label: string }) {
  const [asks, setAsks] = useState(false);
  return (
    <>
      <Button
        onClick={() => {
          setAsks(true);
        }}
      >
        {label}
      </Button>
      {asks ? (
        <TakeOverDialog
          onClose={() => {
            setAsks(false);
          }}
        />
      ) : null}
    </>
  );
}

/** Who is refused afterwards and what comes along is said before it happens. */
function TakeOverDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useText();
  const call = useCall();
  const acting = useAct();
  const view = useStatus();
  const refused = view?.facts.error ?? null;
  const yes = (): void => {
    acting.act('take-over', async () => {
      await call('takeOver', {});
      onClose();
      return null;
    });
  };
  return (
    <Dialog title={t('status.take-over.title')} onClose={onClose} size={640}>
      <Stack gap="md">
        {refused === null ? null : (
          <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
            {t(`status.take-over.${refused.code === 'CLONE_TWIN' ? 'twin' : 'who'}`, {
              ...refused.params,
            })}
          </Text>
        )}
        <Text>{t('status.take-over.first')}</Text>
        <Unsent />
        <Said acting={acting} />
        <Group>
          <Button loading={acting.busy !== null} onClick={yes}>
            {t('status.take-over.yes')}
          </Button>
          <Button variant="default" onClick={onClose}>
            {t('status.take-over.no')}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}

function Unsent() {
  const t = useText();
  const query = useQuery('unsentRows', {});
  return (
    <Loaded query={query}>
      {(tables) =>
        tables.length === 0 ? (
          <Text>{t('status.take-over.nothing')}</Text>
        ) : (
          <div>
            <Text>{t('status.take-over.brings')}</Text>
            <List>
              {tables.map(({ table, rows }) => (
                <List.Item key={table}>
                  {t('status.take-over.rows', { table: tableLabel(table), rows })}
                </List.Item>
              ))}
            </List>
          </div>
        )
      }
    </Loaded>
  );
}

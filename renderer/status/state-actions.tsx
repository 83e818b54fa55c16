import { ActionIcon, Button, Group, Loader, Menu } from '@mantine/core';
import {
  IconArrowDown,
  IconArrowsUpDown,
  IconArrowUp,
  IconChevronDown,
  IconClipboardText,
  IconPlayerPause,
} from '@tabler/icons-react';
import { PAUSES } from '../../shared/contract.ts';
import type { StatusView } from '../../shared/views.ts';
import { useIsManager } from '../components/use-is-manager.ts';
import { useText } from '../i18n/use-text.ts';
import { useDialogs } from '../shell/dialog-store.ts';
import { useRouter } from '../shell/router-store.ts';
import { useSyncActions } from '../shell/sync-actions.ts';
import { DismissNotice } from './dismiss-notice.tsx';
import { TakeOver } from './take-over.tsx';
import { mainAction, type MainAction } from './main-action.ts';

/** "Sync now" and, behind the arrow, one direction only. */
function SyncButton({ main, label }: { readonly main: boolean; readonly label: string }) {
  const t = useText();
  const { start } = useSyncActions();
  const variant = main ? 'filled' : 'default';
  return (
    <Group gap={2} wrap="nowrap">
      <Button
        variant={variant}
        styles={{ root: { borderStartEndRadius: 0, borderEndEndRadius: 0 } }}
        onClick={() => {
          start();
        }}
      >
        {label}
      </Button>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon
            variant={variant}
            h={50}
            aria-label={t('status.sync-more')}
            style={{ borderStartStartRadius: 0, borderEndStartRadius: 0 }}
          >
            <IconChevronDown aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconArrowsUpDown aria-hidden />}
            onClick={() => {
              start('both');
            }}
          >
            {t('status.sync-both')}
          </Menu.Item>
          <Menu.Item
            leftSection={<IconArrowDown aria-hidden />}
            onClick={() => {
              // The engine names directions from HQ's side: what it pushes comes here.
              start('push');
            }}
          >
            {t('status.sync-download')}
          </Menu.Item>
          <Menu.Item
            leftSection={<IconArrowUp aria-hidden />}
            onClick={() => {
              start('pull');
            }}
          >
            {t('status.sync-upload')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </Group>
  );
}

function PauseMenu() {
  const t = useText();
  const { pause } = useSyncActions();
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <Button variant="default" leftSection={<IconPlayerPause aria-hidden />}>
          {t('status.pause')}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {PAUSES.map((how) => (
          <Menu.Item
            key={how}
            onClick={() => {
              pause(how);
            }}
          >
            {t(`status.pause-${how}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

/**
 * A button with another meaning is another element: a sync that begins of itself under a finger must not turn "Review" into
 * "Cancel", and a press that began on the one does nothing on the other.
 */
function meaningOf(action: MainAction): string {
  return 'screen' in action ? `${action.type} ${action.screen}` : action.type;
}

/** The one button that the state asks for. */
function MainButton({ action }: { readonly action: MainAction }) {
  const t = useText();
  const go = useRouter((state) => state.go);
  const { cancel, resume } = useSyncActions();
  const label = t(`status.main-${action.type}`);
  const does = (): void => {
    switch (action.type) {
      case 'cancel':
        cancel();
        break;
      case 'resume':
        resume();
        break;
      case 'setup':
        go('setup');
        break;
      case 'review':
      case 'fix':
        go(action.screen, action.place);
        break;
      case 'sync':
      case 'try':
      case 'take-over':
        break;
    }
  };
  if (action.type === 'take-over') return <TakeOver label={label} />;
  return action.type === 'sync' || action.type === 'try' ? (
    <SyncButton main label={label} />
  ) : (
    <Button onClick={does}>{label}</Button>
  );
}

/** A sync under way in a state that does not show it as its own (an error that is tried again). */
function StopButton() {
  const t = useText();
  const { cancel } = useSyncActions();
  return (
    <Button variant="default" leftSection={<Loader size="sm" aria-hidden />} onClick={cancel}>
      {t('status.main-stop')}
    </Button>
  );
}

export function StateActions({ view }: { readonly view: StatusView }) {
  const t = useText();
  const manager = useIsManager();
  const openDialog = useDialogs((state) => state.open);
  const action = mainAction(view);
  const { state } = view.status;
  // What answers managers only is not offered to a cashier, who is told whom to ask instead (the sentence above).
  const closed =
    !manager &&
    (action.type === 'setup' ||
      action.type === 'take-over' ||
      (action.type === 'fix' && action.screen === 'settings'));
  const syncs = action.type === 'sync' || action.type === 'try';
  const running = view.facts.running !== null;
  return (
    <Group gap="sm">
      {closed || (syncs && running) ? null : <MainButton key={meaningOf(action)} action={action} />}
      {state === 'attention' ? <DismissNotice cause={view.status.reason} /> : null}
      {running && action.type !== 'cancel' ? <StopButton /> : null}
      {syncs || running || state === 'setup' ? null : (
        <SyncButton main={false} label={t('status.main-sync')} />
      )}
      {state === 'paused' || state === 'setup' ? null : <PauseMenu />}
      <Button
        variant="default"
        leftSection={<IconClipboardText aria-hidden />}
        onClick={() => {
          openDialog('diagnostics');
        }}
      >
        {t('shell.diagnostics')}
      </Button>
    </Group>
  );
}

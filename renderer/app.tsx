import { AppShell, Box, Burger, Group, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useEffect } from 'react';
import { useIsManager } from './components/use-is-manager.ts';
import { DiagnosticsDialog } from './shell/diagnostics-dialog.tsx';
import { KeysDialog } from './shell/keys-dialog.tsx';
import { Navigation } from './shell/navigation.tsx';
import { Notices } from './shell/notices.tsx';
import { useRouter } from './shell/router-store.ts';
import { ScreenView } from './shell/screen-view.tsx';
import { StateLine } from './shell/state-line.tsx';
import { useAppearance } from './shell/use-appearance.ts';
import { useBackOnline } from './shell/use-back-online.ts';
import { useKeyboard } from './shell/use-keyboard.ts';
import { useStatusPart } from './status/status-store.ts';
import { useText } from './i18n/use-text.ts';

/** Store and terminal: which till is this? */
function Place() {
  const store = useStatusPart((view) => view?.store);
  const terminal = useStatusPart((view) => view?.terminal);
  const places = [store, terminal].filter((name) => name != null);
  return (
    <Text c="dimmed" lineClamp={1} dir="auto" visibleFrom="xs">
      {places.join(' · ')}
    </Text>
  );
}

/** The first run has nothing to go to: it fills the window. */
function SetupFrame() {
  const t = useText();
  return (
    <Box component="main" p="lg" maw={900} mx="auto" aria-label={t('shell.name')}>
      <Notices />
      <ScreenView />
    </Box>
  );
}

function Frame() {
  const t = useText();
  const [opened, { toggle, close }] = useDisclosure(false);
  return (
    <AppShell
      header={{ height: 64 }}
      navbar={{ width: 248, breakpoint: 'md', collapsed: { mobile: !opened } }}
      padding="lg"
    >
      <AppShell.Header data-region>
        <a
          className="payflow-skip"
          href="#content"
          onClick={(event) => {
            event.preventDefault();
            document.querySelector<HTMLElement>('[data-screen-title]')?.focus();
          }}
        >
          {t('shell.skip')}
        </a>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="xs" wrap="nowrap" miw={0}>
            <Burger
              opened={opened}
              onClick={toggle}
              hiddenFrom="md"
              size="md"
              aria-label={t('shell.menu')}
              aria-expanded={opened}
              miw={48}
              mih={48}
            />
            <StateLine />
          </Group>
          <Place />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" data-region aria-label={t('shell.navigation')}>
        <AppShell.Section grow style={{ overflowY: 'auto' }}>
          <Navigation onChosen={close} />
        </AppShell.Section>
      </AppShell.Navbar>
      <AppShell.Main data-region id="content">
        <Stack gap={0} miw={0}>
          <Notices />
          <ScreenView />
        </Stack>
      </AppShell.Main>
    </AppShell>
  );
}

/** The first run opens by itself when there is nothing set up, once; "Continue setup" opens it again. */
function useFirstRun(): void {
  const unset = useStatusPart((view) => view?.status.state === 'setup');
  const manager = useIsManager();
  const go = useRouter((state) => state.go);
  useEffect(() => {
    if (unset && manager) go('setup');
  }, [unset, manager, go]);
}

/**
 * Follows the state, which changes ten times a second while rows arrive; it draws nothing, so that the frame and the
 * screen in it are not drawn again each time.
 */
function Followers() {
  useAppearance();
  useBackOnline();
  useFirstRun();
  return null;
}

export function App() {
  const settingUp = useRouter((state) => state.screen === 'setup');
  useKeyboard(!settingUp);
  return (
    <>
      <Followers />
      {settingUp ? <SetupFrame /> : <Frame />}
      <DiagnosticsDialog />
      <KeysDialog />
    </>
  );
}

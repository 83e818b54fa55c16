import '@mantine/core/styles.css';
import '@mantine/charts/styles.css';
import '@mantine/notifications/styles.css';
import './shell/styles.css';
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { BridgeContext, type Bridge } from './bridge/bridge.ts';
import { openBridge, type Opened } from './bridge/open-bridge.ts';
import { useAppStore } from './shell/app-store.ts';
import { ErrorBoundary } from './shell/error-boundary.tsx';
import { SignInPage } from './shell/sign-in.tsx';
import { wire } from './shell/wire.ts';
import { cssVariables, theme } from './theme.ts';

function Window({ bridge, signIn }: Opened) {
  const link = useAppStore((state) => state.link);
  const outside = link === 'signed-out' && signIn !== null;
  return outside ? (
    <SignInPage onToken={(token) => signIn({ token })} />
  ) : (
    <BridgeContext value={bridge}>
      <ErrorBoundary>
        <App />
      </ErrorBoundary>
    </BridgeContext>
  );
}

function start(opened: Opened): void {
  const root = document.getElementById('root');
  if (root === null) throw new Error('no root');
  createRoot(root).render(
    <StrictMode>
      <MantineProvider theme={theme} defaultColorScheme="auto" cssVariablesResolver={cssVariables}>
        <Notifications position="bottom-right" autoClose={6_000} />
        <Window {...opened} />
      </MantineProvider>
    </StrictMode>,
  );
}

/** The fixtures of tests and pictures; not in the product's bundle. */
async function fakeBridge(): Promise<Bridge | null> {
  const address = new URLSearchParams(location.search);
  if (!address.has('fake')) return null;
  const { fakeBridgeIn } = await import('./testing/fake-bridge.ts');
  return fakeBridgeIn(address);
}

const fake =
  import.meta.env.DEV || import.meta.env.PAYFLOW_FAKE === '1' ? await fakeBridge() : null;
const opened = fake === null ? await openBridge() : { bridge: fake, signIn: null };
wire(opened.bridge);
start(opened);

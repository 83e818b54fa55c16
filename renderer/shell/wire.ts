/** Feeds the stores from the host; called once for the life of the window. */
import type { HostEvent } from '../../shared/contract.ts';
import type { AppInfo } from '../../shared/views.ts';
import type { Bridge } from '../bridge/bridge.ts';
import { announce } from '../bridge/topics.ts';
import { useLanguageStore } from '../i18n/language-store.ts';
import { useStatusStore } from '../status/status-store.ts';
import { useAppStore } from './app-store.ts';
import { screenOfHash, useRouter } from './router-store.ts';
import { fetchScreens } from './screens.ts';

/** Pause before a question that got no answer is put again, in milliseconds. */
const again = 2_000;

async function learnAppInfo(bridge: Bridge): Promise<AppInfo | null> {
  const info = await bridge.call('appInfo', {}).catch(() => null);
  if (info === null) return null;
  useAppStore.getState().know(info);
  useLanguageStore.getState().choose(info.language);
  return info;
}

/** Until the first answer: the host may still be starting. A host that asks for a sign-in is asked after that. */
async function learn(bridge: Bridge): Promise<void> {
  for (;;) {
    if ((await learnAppInfo(bridge)) !== null) break;
    const { link, setLink } = useAppStore.getState();
    if (link === 'signed-out') return;
    setLink('lost');
    await new Promise((resolve) => setTimeout(resolve, again));
  }
  if (useAppStore.getState().link === 'lost') useAppStore.getState().setLink('up');
  const status = await bridge.call('status', {}).catch(() => null);
  // An event may have brought a newer one meanwhile.
  if (status !== null && useStatusStore.getState().status === null) {
    useStatusStore.getState().show(status);
  }
}

function followAddress(): void {
  const read = (): void => {
    // Back to the start, the address has no screen: that is the state.
    const { screen, place } = screenOfHash(location.hash) ?? { screen: 'status', place: null };
    if (screen !== useRouter.getState().screen) useRouter.getState().go(screen, place ?? undefined);
  };
  read();
  window.addEventListener('hashchange', read);
  useRouter.subscribe(({ screen }) => {
    if (screenOfHash(location.hash)?.screen !== screen) location.hash = screen;
  });
}

export function wire(bridge: Bridge): void {
  const hear = (event: HostEvent): void => {
    switch (event.type) {
      case 'status':
        useStatusStore.getState().show(event.status);
        break;
      case 'changed':
        // Language, appearance and size are settings, and the demo starts from the setup.
        if (event.topics.some((topic) => topic === 'settings' || topic === 'setup')) {
          void learnAppInfo(bridge);
        }
        announce(event.topics);
        break;
      case 'navigate':
        useRouter.getState().go(event.screen);
        break;
    }
  };
  bridge.watchLink((link) => {
    const before = useAppStore.getState().link;
    useAppStore.getState().setLink(link);
    if (before === 'signed-out' && link === 'up') void learn(bridge);
  });
  bridge.subscribe(hear);
  followAddress();
  void learn(bridge).then(fetchScreens);
}

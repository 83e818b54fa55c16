import { nativeTheme } from 'electron';
import type { HostEvent, Screen } from '../../shared/contract.ts';
import { nextNotice, nothingSaid } from '../../shared/notices.ts';
import { trayModel, type TrayAction } from '../../shared/tray.ts';
import type { StatusView } from '../../shared/views.ts';
import type { Host } from '../host/host-types.ts';
import type { Log } from '../host/log.ts';
import type { SettingsStore } from '../host/settings-store.ts';
import { setMenu } from './menu.ts';
import { notify } from './notifications.ts';
import { showOnTaskbar } from './taskbar.ts';
import { textsFor, type Texts } from './texts.ts';
import { createTray, type PanelIcon } from './tray.ts';
import type { MainWindow } from './window.ts';

export interface FacesOptions {
  readonly host: Host;
  readonly window: MainWindow;
  readonly store: SettingsStore;
  readonly icons: string;
  readonly log: Log;
  readonly run: (action: TrayAction) => void;
  /** Null while there is no console to open. */
  readonly openConsole: () => (() => void) | null;
}

export interface Faces {
  readonly hasTray: () => boolean;
  readonly texts: () => Texts;
  /** Settings have changed: language, appearance, what the menu offers. */
  refresh(): void;
  close(): void;
}

/** Some notices are due by the clock alone: HQ away for long. */
const lookMs = 60_000;

/** What people see of the host besides the window's page: panel icon, taskbar, menu, notifications. */
export function showHost(options: FacesOptions): Faces {
  const { host, window, store, icons, log, run } = options;
  const show = (screen: Screen): void => {
    window.show(screen);
  };
  let texts = textsFor(store.preferences());
  let memory = nothingSaid;
  const modelOf = (view: StatusView) => trayModel(view, texts.catalogue);
  const tray: PanelIcon | null = createTray(icons, modelOf(host.current()), run, log);
  const onTaskbar = showOnTaskbar(window, icons);

  const speak = (view: StatusView): void => {
    const step = nextNotice(memory, view, {
      now: Date.now(),
      focused: window.isFocused(),
      wanted: store.preferences().notifications,
    });
    memory = step.memory;
    const { notice } = step;
    if (notice === null) return;
    notify(texts.catalogue, notice.message, () => {
      show(notice.screen);
    });
  };
  const draw = (view: StatusView): void => {
    const model = modelOf(view);
    tray?.update(model);
    onTaskbar(view, model);
    speak(view);
  };
  const refresh = (): void => {
    const preferences = store.preferences();
    texts = textsFor(preferences);
    nativeTheme.themeSource = preferences.appearance === 'auto' ? 'system' : preferences.appearance;
    setMenu(texts.catalogue, {
      show,
      sync: () => {
        run({ type: 'sync' });
      },
      copyDiagnostics: () => {
        run({ type: 'copy-diagnostics' });
      },
      openConsole: options.openConsole(),
      quit: () => {
        run({ type: 'quit' });
      },
    });
    draw(host.current());
  };
  const unsubscribe = host.subscribe((event: HostEvent) => {
    window.send(event);
    if (event.type === 'status') draw(event.status);
    if (event.type === 'changed' && event.topics.includes('settings')) refresh();
  });
  const look = setInterval(() => {
    speak(host.current());
  }, lookMs);
  look.unref();
  refresh();
  return {
    hasTray: () => tray !== null,
    texts: () => texts,
    refresh,
    close() {
      clearInterval(look);
      unsubscribe();
      tray?.close();
    },
  };
}

import type { Pause, Screen } from './contract.ts';
import { renderMessage, renderStatus, type Catalogue } from './messages.ts';
import { STATES } from './status.ts';
import type { StatusView } from './views.ts';

/**
 * What the tray shows, decided without a tray: the shell only draws it. Everything is reachable from the menu, because
 * what a click on the icon does differs from desktop to desktop.
 */

/** One picture per state, and the dot of attention on the states that would hide it. */
export const TRAY_ICONS = [
  ...STATES,
  'syncing-attention',
  'paused-attention',
  'offline-attention',
] as const;
export type TrayIcon = (typeof TRAY_ICONS)[number];

export type TrayAction =
  /** Brings the window forward; `screen` null: the one it shows already. */
  | { readonly type: 'open'; readonly screen: Screen | null }
  | { readonly type: 'sync' }
  | { readonly type: 'cancel' }
  | { readonly type: 'pause'; readonly how: Pause }
  | { readonly type: 'resume' }
  | { readonly type: 'copy-diagnostics' }
  | { readonly type: 'quit' };

export type TrayItem =
  | { readonly kind: 'line' }
  /** A line to read: a disabled item. */
  | { readonly kind: 'text'; readonly label: string }
  | { readonly kind: 'action'; readonly label: string; readonly action: TrayAction }
  | { readonly kind: 'menu'; readonly label: string; readonly items: readonly TrayItem[] };

export interface TrayModel {
  readonly icon: TrayIcon;
  readonly tooltip: string;
  readonly items: readonly TrayItem[];
}

function iconOf({ state, attention }: StatusView['status']): TrayIcon {
  if (!attention) return state;
  switch (state) {
    case 'syncing':
      return 'syncing-attention';
    case 'paused':
      return 'paused-attention';
    case 'offline':
      return 'offline-attention';
    default:
      return state;
  }
}

const pauses: readonly (readonly [Pause, string])[] = [
  ['30m', 'TRAY_PAUSE_HALF_HOUR'],
  ['2h', 'TRAY_PAUSE_TWO_HOURS'],
  ['tomorrow', 'TRAY_PAUSE_TOMORROW'],
  ['until-resumed', 'TRAY_PAUSE_UNTIL_RESUMED'],
];

/** A menu has one line per item; a longer sentence would make it as wide as the screen. */
const LINE_LIMIT = 80;

function clip(text: string): string {
  const letters = [...text.replaceAll(/\s+/g, ' ').trim()];
  return letters.length <= LINE_LIMIT
    ? letters.join('')
    : `${letters.slice(0, LINE_LIMIT - 1).join('')}…`;
}

/** The picture, the tooltip (at most 63 characters) and the menu of a status. Only what can be done now is offered. */
export function trayModel(view: StatusView, catalogue: Catalogue): TrayModel {
  const { status, facts } = view;
  const say = (code: string, params = {}): string => renderMessage(catalogue, code, params);
  const action = (code: string, what: TrayAction, params = {}): TrayItem => ({
    kind: 'action',
    label: say(code, params),
    action: what,
  });
  const text = renderStatus(catalogue, status.reason);
  const listed = facts.held + facts.rejected;
  const sync =
    facts.running === null
      ? action('TRAY_SYNC_NOW', { type: 'sync' })
      : action('TRAY_CANCEL', { type: 'cancel' });
  const pause: TrayItem =
    status.state === 'paused'
      ? action('TRAY_RESUME', { type: 'resume' })
      : {
          kind: 'menu',
          label: say('TRAY_PAUSE'),
          items: pauses.map(([how, code]) => action(code, { type: 'pause', how })),
        };
  const work: readonly TrayItem[] =
    status.state === 'setup'
      ? [action('TRAY_CONTINUE_SETUP', { type: 'open', screen: 'setup' })]
      : [sync, pause];
  const held: readonly TrayItem[] =
    listed === 0 ? [] : [action('TRAY_HELD', { type: 'open', screen: 'held' }, { count: listed })];
  return {
    icon: iconOf(status),
    tooltip: text.tooltip,
    items: [
      { kind: 'text', label: clip(text.headline) },
      ...(text.reason === text.headline
        ? []
        : [{ kind: 'text' as const, label: clip(text.reason) }]),
      { kind: 'line' },
      action('TRAY_OPEN', { type: 'open', screen: null }),
      ...work,
      ...held,
      { kind: 'line' },
      action('TRAY_COPY_DIAGNOSTICS', { type: 'copy-diagnostics' }),
      action('TRAY_SETTINGS', { type: 'open', screen: 'settings' }),
      { kind: 'line' },
      action('TRAY_QUIT', { type: 'quit' }),
    ],
  };
}

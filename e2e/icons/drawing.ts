import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { TrayIcon } from '../../shared/tray.ts';
import type { State } from '../../shared/status.ts';

export const iconFolder = resolve(import.meta.dirname, '../../resources/icons');

/** light, dark: the panel behind the icon. template: one colour, which macOS chooses. */
export type Panel = 'light' | 'dark' | 'template';

interface Paint {
  readonly body: string;
  readonly mark: string;
}

const green = { light: '#15803d', dark: '#4ade80' };
const blue = { light: '#1d4ed8', dark: '#60a5fa' };
const grey = { light: '#52525b', dark: '#d4d4d8' };
const amber = { light: '#b45309', dark: '#fbbf24' };
const red = { light: '#b91c1c', dark: '#f87171' };

const colours: Readonly<Record<State, { readonly light: string; readonly dark: string }>> = {
  setup: grey,
  error: red,
  paused: grey,
  offline: grey,
  syncing: blue,
  attention: amber,
  idle: green,
};

export const PANELS = { light: '#f3f3f3', dark: '#202020' } as const;
const marks = { light: '#ffffff', dark: '#18181b' } as const;

export function paintOf(state: State, panel: 'light' | 'dark'): Paint {
  return { body: colours[state][panel], mark: marks[panel] };
}

const source = (name: string): string =>
  readFileSync(join(iconFolder, 'src', `${name}.svg`), 'utf8');
const inner = (svg: string): string => svg.replace(/^<svg[^>]*>/, '').replace(/<\/svg>\s*$/, '');

const group = (svg: string, id: string): string =>
  new RegExp(`<g id="${id}"[^>]*>[\\s\\S]*?</g>`).exec(svg)?.[0] ?? '';

/** What `shape` leaves free where `hole` stands. */
const without = (id: string, shape: string, hole: string): string =>
  `<mask id="${id}" maskUnits="userSpaceOnUse" x="0" y="0" width="24" height="24">` +
  `<rect width="24" height="24" fill="#fff"/><g color="#000">${hole}</g></mask>` +
  `<g mask="url(#${id})">${shape}</g>`;

const dot = { x: 19, y: 19, radius: 4.6, gap: 1.7 };

function withDot(shape: string, colour: string): string {
  const circle = (radius: number, fill: string): string =>
    `<circle cx="${dot.x}" cy="${dot.y}" r="${radius}" fill="${fill}"/>`;
  return without('ring', shape, circle(dot.radius + dot.gap, '#000')) + circle(dot.radius, colour);
}

/** A tray icon's drawing, from its state's source. In a template the mark is a hole, since there is but one colour. */
export function traySvg(icon: TrayIcon, panel: Panel): string {
  const [name = ''] = icon.split('-attention');
  const state = name as State;
  const text = source(state);
  const parts = { body: group(text, 'body'), mark: group(text, 'mark') };
  const cut = inner(text).replace(parts.body, '').replace(parts.mark, '');
  const paint = panel === 'template' ? { body: '#000', mark: '#000' } : paintOf(state, panel);
  const tint = (part: string, colour: string): string =>
    part.replace(/color="[^"]*"/, `color="${colour}"`);
  const body = tint(parts.body, paint.body);
  const mark = tint(parts.mark, paint.mark);
  const shape = panel === 'template' ? without('hole', body, mark) : body + mark;
  const warning = panel === 'template' ? '#000' : amber[panel];
  const whole = icon === state ? shape : withDot(shape, warning);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">${cut}${whole}</svg>`;
}

export const appSvg = (): string => source('app');

import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseSync } from 'vite';
import { expect, test } from 'vitest';
import * as standin from './electron.ts';

const root = resolve(import.meta.dirname, '../../../electron');
const sources = [
  join(root, 'main.ts'),
  ...readdirSync(join(root, 'shell')).map((name) => join(root, 'shell', name)),
];

interface Node {
  readonly type?: string;
  readonly [key: string]: unknown;
}
function walk(node: unknown, visit: (node: Node) => void): void {
  if (typeof node !== 'object' || node === null) return;
  visit(node as Node);
  for (const child of Object.values(node)) walk(child, visit);
}

/** `app.quit`, `Tray`: what a source takes from Electron, types aside. */
function used(file: string): string[] {
  const { program } = parseSync(file, readFileSync(file, 'utf8'));
  const names = new Set<string>();
  walk(program, (node) => {
    if (node.type !== 'ImportDeclaration' || node['importKind'] === 'type') return;
    if ((node['source'] as { value: string }).value !== 'electron') return;
    for (const each of node['specifiers'] as { importKind?: string; local: { name: string } }[])
      if (each.importKind !== 'type') names.add(each.local.name);
  });
  const members: string[] = [];
  walk(program, (node) => {
    if (node.type !== 'MemberExpression' || node['computed'] === true) return;
    const object = node['object'] as { type: string; name?: string };
    const property = node['property'] as { name: string };
    if (object.type === 'Identifier' && names.has(object.name ?? ''))
      members.push(`${object.name ?? ''}.${property.name}`);
  });
  return [...names, ...members];
}

test('whatever the main process takes from Electron is in the stand-in', () => {
  const wanted = [...new Set(sources.flatMap(used))];
  expect(wanted).toContain('app.quit');
  expect(wanted).toContain('BrowserWindow');
  const modules = standin as unknown as Record<string, Record<string, unknown> | undefined>;
  const missing = wanted.filter((name) => {
    const [module = '', member] = name.split('.');
    const found = modules[module];
    return found === undefined || (member !== undefined && !(member in found));
  });
  expect(missing).toEqual([]);
});

/** Without the events: Electron types their names one by one. */
type Quiet<T> = Partial<Omit<T, keyof NodeJS.EventEmitter>>;

test('what it has fits the types of Electron', () => {
  const typed = {
    app: standin.app satisfies Quiet<Electron.App>,
    clipboard: standin.clipboard satisfies Partial<Electron.Clipboard>,
    crashReporter: standin.crashReporter satisfies Partial<Electron.CrashReporter>,
    net: standin.net satisfies Partial<Electron.Net>,
    safeStorage: standin.safeStorage satisfies Partial<Electron.SafeStorage>,
    shell: standin.shell satisfies Partial<Electron.Shell>,
    dialog: standin.dialog satisfies Pick<Electron.Dialog, 'showErrorBox' | 'showMessageBox'>,
    nativeTheme: standin.nativeTheme satisfies Quiet<Electron.NativeTheme>,
    tray: {} as standin.Tray satisfies Partial<Pick<Electron.Tray, 'destroy' | 'setToolTip'>>,
    window: {} as standin.BrowserWindow satisfies Quiet<
      Omit<Electron.BrowserWindow, 'webContents'>
    >,
  };
  expect(Object.keys(typed)).not.toEqual([]);
});

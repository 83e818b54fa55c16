import { describe, expect, test } from 'vitest';
import { SCREENS } from '../../shared/contract.ts';
import { commandOf, NAVIGATION, type Keys } from './keyboard.ts';
import { screenOfHash, useRouter } from './router-store.ts';

const press = (key: string, held: Partial<Keys> = {}): Keys => ({
  key,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  ...held,
});

describe.each([
  ['Ctrl', { ctrlKey: true }],
  ['Cmd', { metaKey: true }],
])('with %s', (_name, main) => {
  test('1 to 8 open the screens in the order of the navigation', () => {
    const screens = NAVIGATION.map((_screen, place) =>
      commandOf(press(String(place + 1), main), false),
    );
    expect(screens).toEqual(NAVIGATION.map((screen) => ({ type: 'go', screen })));
    expect(commandOf(press('9', main), false)).toBeNull();
  });

  test('the comma opens the settings, R syncs, Shift and D show the diagnostics', () => {
    expect(commandOf(press(',', main), true)).toEqual({ type: 'go', screen: 'settings' });
    expect(commandOf(press('r', main), true)).toEqual({ type: 'sync' });
    expect(commandOf(press('D', { ...main, shiftKey: true }), true)).toEqual({
      type: 'diagnostics',
    });
  });

  test("the browser's own keys stay its own", () => {
    expect(commandOf(press('c', main), false)).toBeNull();
    expect(commandOf(press('R', { ...main, shiftKey: true }), false)).toBeNull();
    expect(commandOf(press('1', { ...main, altKey: true }), false)).toBeNull();
  });
});

test('F5 syncs, F6 goes through the regions in both directions', () => {
  expect(commandOf(press('F5'), true)).toEqual({ type: 'sync' });
  expect(commandOf(press('F6'), true)).toEqual({ type: 'region', back: false });
  expect(commandOf(press('F6', { shiftKey: true }), true)).toEqual({ type: 'region', back: true });
});

test('a question mark lists the keys, but is a letter in a field', () => {
  expect(commandOf(press('?', { shiftKey: true }), false)).toEqual({ type: 'keys' });
  expect(commandOf(press('?', { shiftKey: true }), true)).toBeNull();
});

test('every screen but the first run is in the navigation', () => {
  expect([...NAVIGATION, 'setup'].toSorted()).toEqual([...SCREENS].toSorted());
});

test('an address names a screen and a place in it, or nothing', () => {
  expect(screenOfHash('#held')).toEqual({ screen: 'held', place: null });
  expect(screenOfHash('#settings/settings-connection')).toEqual({
    screen: 'settings',
    place: 'settings-connection',
  });
  expect(screenOfHash('#<script>')).toBeNull();
  expect(screenOfHash('')).toBeNull();
});

test('going to the screen that is shown already is a new visit, so that its place is shown again', () => {
  const { go } = useRouter.getState();
  go('settings', 'settings-terminal');
  const { visit } = useRouter.getState();
  go('settings', 'settings-terminal');
  expect(useRouter.getState()).toMatchObject({
    screen: 'settings',
    place: 'settings-terminal',
    visit: visit + 1,
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadCatalogue } from '../electron/host/messages.ts';
import { TOOLTIP_LIMIT } from './messages.ts';
import { anyFacts, calmFacts, viewOf } from '../e2e/support/any-facts.ts';
import { TRAY_ICONS, trayModel, type TrayAction, type TrayItem } from './tray.ts';

const catalogue = loadCatalogue();

const flat = (items: readonly TrayItem[]): TrayItem[] =>
  items.flatMap((item) => (item.kind === 'menu' ? [item, ...flat(item.items)] : [item]));
const actionsOf = (items: readonly TrayItem[]): TrayAction[] =>
  flat(items).flatMap((item) => (item.kind === 'action' ? [item.action] : []));
const labelsOf = (items: readonly TrayItem[]): string[] =>
  flat(items).flatMap((item) => ('label' in item ? [item.label] : []));

test('whatever the facts are, the menu starts with the state and ends with Quit, and every line says something', () => {
  fc.assert(
    fc.property(anyFacts, (facts) => {
      const { icon, tooltip, items } = trayModel(viewOf(facts), catalogue);
      expect(TRAY_ICONS).toContain(icon);
      expect([...tooltip].length).toBeLessThanOrEqual(TOOLTIP_LIMIT);
      expect(items[0]?.kind).toBe('text');
      expect(items.at(-1)).toMatchObject({ kind: 'action', action: { type: 'quit' } });
      for (const label of labelsOf(items)) {
        expect(label.trim()).not.toBe('');
        expect([...label].length).toBeLessThanOrEqual(80);
        expect(label).not.toMatch(/TRAY_|STATUS_/);
      }
    }),
  );
});

test('attention is never hidden: a state that would hide it has the icon with the dot', () => {
  fc.assert(
    fc.property(anyFacts, (facts) => {
      const view = viewOf(facts);
      const { icon } = trayModel(view, catalogue);
      const { state, attention } = view.status;
      const hides = ['syncing', 'paused', 'offline'].includes(state);
      expect(icon).toBe(hides && attention ? `${state}-attention` : state);
    }),
  );
});

test('only what can be done now is offered', () => {
  fc.assert(
    fc.property(anyFacts, (facts) => {
      const view = viewOf(facts);
      const types = actionsOf(trayModel(view, catalogue).items).map(({ type }) => type);
      const { state } = view.status;
      expect(types.includes('cancel')).toBe(state !== 'setup' && facts.running !== null);
      expect(types.includes('sync')).toBe(state !== 'setup' && facts.running === null);
      expect(types.includes('resume')).toBe(state === 'paused');
      expect(types.includes('pause')).toBe(state !== 'setup' && state !== 'paused');
    }),
  );
});

describe('the held rows', () => {
  const held = (facts: Partial<typeof calmFacts>) =>
    actionsOf(trayModel(viewOf({ ...calmFacts, ...facts }), catalogue).items).filter(
      (action) => action.type === 'open' && action.screen === 'held',
    );
  test('have no line while there are none', () => {
    expect(held({})).toEqual([]);
  });
  test('are counted with the rejected ones, and one click away', () => {
    expect(held({ held: 11, rejected: 1 })).toHaveLength(1);
    const model = trayModel(viewOf({ ...calmFacts, held: 11, rejected: 1 }), catalogue);
    expect(labelsOf(model.items)).toContain('Show 12 waiting rows');
  });
});

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

describe('what was found of identity, clock and data is said in the tray too', () => {
  const since = Date.UTC(2026, 10, 20, 9, 0);
  const stopped = (code: string, params = {}) => ({ error: { code, params, since } });
  const notice = (code: string, params: Record<string, string | number>) => ({
    notices: [{ id: 1, code, params }],
  });
  test.each<[what: string, facts: Partial<typeof calmFacts>, icon: string, tooltip: string]>([
    [
      'another machine is this terminal',
      stopped('CLONE_REFUSED', { holder: 'TILL-7', since, seen: since }),
      'error',
      'PayFlow: sync stopped, another machine is this terminal',
    ],
    ['HQ is a standby', stopped('HQ_STANDBY'), 'error', 'PayFlow: sync stopped, HQ is a standby'],
    [
      'this file was restored',
      notice('STATUS_FILE_RESTORED', { batches: 0, waiting: 2 }),
      'attention',
      'PayFlow: this database was restored; run a check',
    ],
    [
      'HQ was restored',
      notice('STATUS_HQ_RESTORED', { batches: 3, waiting: 0 }),
      'attention',
      'PayFlow: HQ was restored; run a data check',
    ],
    [
      'this machine took over',
      notice('STATUS_TAKEN_OVER', { holder: 'TILL-7', waiting: 0 }),
      'attention',
      'PayFlow: this machine took over; run a check',
    ],
    [
      'the clock is wrong',
      { clockSkewMs: 9 * 60_000 },
      'attention',
      'PayFlow: clock is 9 minutes ahead',
    ],
    [
      'the data check found differences',
      { differing: { count: 2, at: since } },
      'attention',
      'PayFlow: 2 rows differ from HQ',
    ],
  ])('%s', (_what, facts, icon, tooltip) => {
    const model = trayModel(viewOf({ ...calmFacts, ...facts }), catalogue);
    expect([model.icon, model.tooltip]).toEqual([icon, tooltip]);
    expect(trayModel(viewOf({ ...calmFacts, ...facts, hq: 'unreachable' }), catalogue).icon).toBe(
      icon === 'error' ? 'error' : 'offline-attention',
    );
  });
});

import { expect, test } from 'vitest';
import type { HostEvent, PayflowBridge } from '../../shared/contract.ts';
import { ipcBridge } from './ipc-bridge.ts';

const apiWith = (call: Record<string, unknown>): PayflowBridge => ({
  call: call as unknown as PayflowBridge['call'],
  subscribe: (listener) => {
    listener({ type: 'navigate', screen: 'held' });
    return () => undefined;
  },
});

test('a value comes back as it is, a refusal as a failure, a vanished host as a lost link', async () => {
  const bridge = ipcBridge(
    apiWith({
      runPoints: () => Promise.resolve({ ok: true, value: [] }),
      settings: () =>
        Promise.resolve({ ok: false, error: { code: 'REF_STALE', params: { n: 1 } } }),
      status: () => Promise.reject(new Error('reply was never sent')),
    }),
  );
  await expect(bridge.call('runPoints', {})).resolves.toEqual([]);
  await expect(bridge.call('settings', {})).rejects.toMatchObject({
    code: 'REF_STALE',
    params: { n: 1 },
  });
  await expect(bridge.call('status', {})).rejects.toMatchObject({ code: 'LINK_LOST' });
});

test('events pass through', () => {
  const events: HostEvent[] = [];
  ipcBridge(apiWith({})).subscribe((event) => events.push(event));
  expect(events).toEqual([{ type: 'navigate', screen: 'held' }]);
});

import { expect, test } from 'vitest';
import { createApiSwitch } from './api-switch.ts';

function watched(taken: readonly number[] = []) {
  const told: string[] = [];
  const api = createApiSwitch({
    start(port) {
      if (taken.includes(port)) return Promise.reject(new Error(`${port} is taken`));
      told.push(`start ${port}`);
      return Promise.resolve({
        port,
        close: () => {
          told.push(`close ${port}`);
          return Promise.resolve();
        },
      });
    },
    onProblem: (error) => told.push(String(error)),
    onChange: () => told.push('changed'),
  });
  return { api, told };
}

test('it runs while it is wanted, moves to another port, and ends', async () => {
  const { api, told } = watched();
  await api.apply({ enabled: false, port: 4000 });
  await api.apply({ enabled: true, port: 4000 });
  await api.apply({ enabled: true, port: 4000 });
  await api.apply({ enabled: true, port: 4001 });
  await api.close();
  expect(told.join(', ')).toBe(
    'start 4000, changed, close 4000, start 4001, changed, close 4001, changed',
  );
  expect(api.running()).toBeNull();
});

test('a port that is taken is told, and another one can be tried', async () => {
  const { api, told } = watched([4000]);
  await api.apply({ enabled: true, port: 4000 });
  expect(api.running()).toBeNull();
  await api.apply({ enabled: true, port: 4001 });
  expect(told).toEqual(['Error: 4000 is taken', 'changed', 'start 4001', 'changed']);
});

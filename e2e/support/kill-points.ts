import type { EnginePorts } from '../../electron/sync/engine.ts';
import type { LocalStore } from '../../electron/sync/local-port.ts';
import type { RemoteStore } from '../../electron/sync/ports.ts';

/**
 * The engine's ports with more named points around its own steps: every transaction of payflow.db before and after its
 * COMMIT, every question to HQ before it is asked and when it is answered, and the middle of an upload.
 */
export function withKillPoints(ports: EnginePorts, at: (point: string) => void): EnginePorts {
  return {
    ...ports,
    at: (step) => {
      at(step);
      ports.at(step);
    },
    local: localPoints(ports.local, at),
    remote: remotePoints(ports.remote, at),
  };
}

function localPoints(local: LocalStore, at: (point: string) => void): LocalStore {
  return {
    ...local,
    write(work, options) {
      const result = local.write(() => {
        const made = work();
        at('write:before-commit');
        return made;
      }, options);
      at('write:committed');
      return result;
    },
  };
}

function remotePoints(remote: RemoteStore, at: (point: string) => void): RemoteStore {
  const around = Object.fromEntries(
    Object.entries(remote).map(([name, call]) => [
      name,
      (...given: unknown[]) => {
        const answer: unknown = Reflect.apply(
          call as (...given: unknown[]) => unknown,
          remote,
          given,
        );
        if (!(answer instanceof Promise)) return answer;
        at(`hq:${name}:asked`);
        return answer.then((value: unknown) => {
          at(`hq:${name}:answered`);
          return value;
        });
      },
    ]),
  ) as unknown as RemoteStore;
  return {
    ...around,
    send: (batch, meanwhile) =>
      around.send(batch, () => {
        at('hq:send:meanwhile');
        return meanwhile?.() ?? Promise.resolve();
      }),
  };
}

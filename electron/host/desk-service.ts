import type { DeskService, DeskServiceDeps } from './desk-types.ts';
import { listCalls } from './list-calls.ts';
import { Refs } from './refs.ts';
import { settingsCalls } from './settings-calls.ts';

/** The contract's lists, check, schema, settings and first run. The host puts state and runs beside them. */
export function deskService(deps: DeskServiceDeps): DeskService {
  const { calls, ...service } = settingsCalls(deps);
  return { ...service, calls: { ...listCalls(deps, new Refs()), ...calls } };
}

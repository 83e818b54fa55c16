import { contract, ROLES, type Method, type Reply } from '../../shared/contract.ts';
import { PayflowError } from '../../shared/errors.ts';
import { asFailure } from './failure.ts';
import type { Caller } from './host-types.ts';
import type { Log } from './log.ts';

/** A method behind the contract: arguments have been parsed, the caller may. */
export type Served = (args: unknown, caller: Caller) => Promise<unknown>;

function specOf(method: string) {
  if (!Object.hasOwn(contract, method)) throw new PayflowError('BAD_REQUEST', { what: method });
  return contract[method as Method];
}

/**
 * One call, from whoever sent it to its reply: the method exists, the caller may, the arguments are what the contract
 * says. Never rejects: what nobody expected is logged with its trace and answered by its code.
 */
export async function dispatch(
  service: Readonly<Record<Method, Served>>,
  log: Log,
  caller: Caller,
  method: string,
  args: unknown,
): Promise<Reply<unknown>> {
  try {
    const { role, args: schema } = specOf(method);
    if (ROLES.indexOf(caller.role) < ROLES.indexOf(role)) throw new PayflowError('NOT_ALLOWED', {});
    const parsed = schema.safeParse(args);
    if (!parsed.success) {
      const path = parsed.error.issues[0]?.path.join('.') ?? '';
      throw new PayflowError('BAD_REQUEST', { what: path === '' ? method : `${method}.${path}` });
    }
    return { ok: true, value: await service[method as Method](parsed.data, caller) };
  } catch (error) {
    if (!(error instanceof PayflowError)) log.error(`call ${method}`, error);
    const { code, params } = asFailure(error, log.path);
    return { ok: false, error: { code, params } };
  }
}

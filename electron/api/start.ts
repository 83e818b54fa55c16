import { LOGIN_PARAMETER } from '../../shared/http.ts';
import type { Role } from '../../shared/contract.ts';
import { PayflowError } from '../../shared/errors.ts';
import { urlHost } from './guards.ts';
import { createLoginCodes } from './login-codes.ts';
import { createServer, type ApiOptions } from './server.ts';

export interface StartApiOptions extends Omit<ApiOptions, 'codes'> {
  /** 0: any free one. */
  readonly port: number;
}

export interface RunningApi {
  readonly port: number;
  /** The console's address on this machine, without a slash at its end. */
  readonly url: string;
  /** An address that signs its reader in, once and soon. `lifeMs`: how soon, where it is not for a person to copy. */
  loginUrl(role: Role, lifeMs?: number): string;
  /** Ends answers under way and event streams. Idempotent. */
  close(): Promise<void>;
}

/** Names that mean "every address": a browser on this machine needs one of them. */
const anywhere: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** Throws API_PORT_TAKEN, API_NOT_LISTENING. */
export async function startApi({ port, ...options }: StartApiOptions): Promise<RunningApi> {
  const codes = createLoginCodes();
  const app = await createServer({ ...options, codes });
  const host = options.listenHost;
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    throw listenProblem(error, host, port);
  }
  const address = app.server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  const url = `http://${urlHost(anywhere[host] ?? host)}:${String(bound)}`;
  let closing: Promise<void> | null = null;
  return {
    port: bound,
    url,
    loginUrl: (role, lifeMs) => `${url}/?${LOGIN_PARAMETER}=${codes.issue(role, lifeMs)}`,
    close: () => (closing ??= app.close()),
  };
}

const problems: Readonly<Record<string, string>> = {
  EACCES: 'this user has no right to it',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'this machine has no such address',
};

function listenProblem(error: unknown, host: string, port: number): PayflowError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'EADDRINUSE') return new PayflowError('API_PORT_TAKEN', { port }, { cause: error });
  const problem = problems[code] ?? (error instanceof Error ? error.message : String(error));
  return new PayflowError('API_NOT_LISTENING', { host, port, problem }, { cause: error });
}

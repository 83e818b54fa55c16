/** The contract over HTTP: one route per method, so that each stands in the documentation with its arguments. */
import type { FastifyInstance } from 'fastify';
import { contract, METHODS } from '../../shared/contract.ts';
import { HTTP } from '../../shared/http.ts';
import type { Catalogue } from '../../shared/messages.ts';
import type { Host } from '../host/host-types.ts';
import { callerOf } from './authentication.ts';
import { sendReply } from './failures.ts';
import { jsonSchema } from './input.ts';

/** The Host parses the arguments and looks at the caller once more: it trusts no face. */
export function addCalls(scope: FastifyInstance, host: Host, catalogue: Catalogue): void {
  for (const method of METHODS) {
    const { role, args } = contract[method];
    scope.post(
      `${HTTP.call}/${method}`,
      {
        config: { role },
        schema: { tags: ['calls'], summary: `${method} (${role})`, body: jsonSchema(args) },
      },
      async (request, reply) => {
        const answer = await host.call(callerOf(request), method, request.body ?? {});
        return sendReply(reply, answer, catalogue);
      },
    );
  }
}

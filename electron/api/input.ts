import { z } from 'zod';
import { PayflowError } from '../../shared/errors.ts';

/** Parses what a caller sent; the first thing that is wrong with it is said in one sentence. */
export function parseInput<S extends z.ZodType>(schema: S, input: unknown): z.infer<S> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join('.') ?? '';
  const what = issue?.message ?? 'it does not fit';
  throw new PayflowError('API_BAD_INPUT', { problem: where === '' ? what : `${where}: ${what}` });
}

/** For the documentation only: the schemas that parse are zod's. */
export function jsonSchema(schema: z.ZodType): object {
  return z.toJSONSchema(schema, { io: 'input', target: 'openapi-3.0' });
}

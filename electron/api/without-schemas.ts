import type { FastifyServerOptions } from 'fastify';

type Compilers = NonNullable<
  NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']
>;

/** The type asks for Ajv's own validators; Fastify calls them and looks at the answer alone. */
const buildValidator = (() => () => () => true) as unknown as NonNullable<
  Compilers['buildValidator']
>;

/**
 * Zod parses, in the Host and in the routes; what stands in the schemas is for the documentation. Fastify's own
 * compilers are not even loaded: they would cost every start a tenth of a second.
 */
export const WITHOUT_SCHEMAS = {
  schemaController: {
    compilersFactory: {
      buildValidator,
      buildSerializer: () => () => (data: unknown) => JSON.stringify(data),
    },
  },
} satisfies FastifyServerOptions;

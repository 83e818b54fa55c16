import { createHmac } from 'node:crypto';

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/**
 * A JSON Web Token made without any code of the product. `algorithm` none: unsigned, as an attacker tries it.
 */
export function makeToken(
  claims: Readonly<Record<string, string | number>>,
  secret: string,
  algorithm: 'HS256' | 'HS512' | 'none' = 'HS256',
): string {
  const body = `${part({ alg: algorithm, typ: 'JWT' })}.${part(claims)}`;
  if (algorithm === 'none') return `${body}.`;
  const hash = algorithm === 'HS256' ? 'sha256' : 'sha512';
  return `${body}.${createHmac(hash, secret).update(body).digest('base64url')}`;
}

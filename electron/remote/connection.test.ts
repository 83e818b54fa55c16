import { expect, test } from 'vitest';
import { clientConfig } from './connection.ts';

const named = { port: 5432, user: 'till', password: undefined, database: 'shop' };
const ssl = { rejectUnauthorized: true } as const;
const sslFor = (host: string) =>
  clientConfig({ address: { ...named, host, ssl }, applicationName: 'test' }).ssl;

test('HQ is told the name that it is called by, for the certificate of that name', () => {
  expect(sslFor('hq.example')).toEqual({ rejectUnauthorized: true, servername: 'hq.example' });
});

test.each(['192.168.1.5', '::1', '/var/run/postgresql'])('%s is no name to tell', (host) => {
  expect(sslFor(host)).toEqual({ rejectUnauthorized: true });
});

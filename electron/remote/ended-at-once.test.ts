import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { Connections } from './connection.ts';

/** A message of PostgreSQL's protocol: type, length, body. */
function message(type: string, body: string | Buffer): Buffer {
  const bytes = Buffer.from(body);
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(bytes.length + 4, 1);
  return Buffer.concat([head, bytes]);
}

const loggedIn = message('R', Buffer.alloc(4));
const ready = message('Z', 'I');
const ended = message(
  'E',
  'SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0',
);

test('9: a session that HQ ends in the packet it is ready in fails the run with its code, not the program', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(Buffer.concat([loggedIn, ready, ended])));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const connections = new Connections({
    address: { host: '127.0.0.1', port, user: 'u', password: 'p', database: 'd', ssl: false },
    applicationName: 'payflow',
  });

  const failed = connections.use((client) => client.query('SELECT 1'));

  await expect(failed).rejects.toMatchObject({ code: 'HQ_CONNECTION_LOST' });
  await connections.close();
  server.close();
});

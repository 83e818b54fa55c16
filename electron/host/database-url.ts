import { readFileSync } from 'node:fs';

/**
 * HQ's address, parsed here and handed to the driver in pieces. The URL itself never reaches node-postgres: what its
 * `ssl...` parameters mean has changed between versions, from "no TLS at all" to "verified" and back (RELIABILITY S6).
 */
export interface HqAddress {
  /** A name, an IP address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string | undefined;
  readonly database: string;
  /** False, or TLS with certificate and name verified: an unverified one keeps out only who listens. */
  readonly ssl: false | { readonly rejectUnauthorized: true; readonly ca?: string };
}

/** What is wrong with the URL, as half a sentence; never quotes the URL, which holds the password. */
export class DatabaseUrlProblem extends Error {}

const problem = (text: string): never => {
  throw new DatabaseUrlProblem(text);
};

const allowed = new Set(['host', 'sslmode', 'sslrootcert', 'application_name']);
const hostName = /^[A-Za-z0-9._-]+$|^[0-9a-fA-F:.]+$/;
const loopback = /^(localhost|127\.\d+\.\d+\.\d+|::1|\/.*)$/;

function decode(part: string, name: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return problem(`its ${name} has a % that is not followed by two hex digits (write %25 for %)`);
  }
}

function parseUrl(text: string): URL {
  if (!/^postgres(ql)?:\/\//.test(text)) {
    return problem('it must look like postgresql://USER:PASSWORD@HOST:5432/DATABASE');
  }
  const reserved = 'a password with @ : / ? # or spaces needs them percent-encoded';
  const url = URL.canParse(text) ? new URL(text) : problem(`it is not a valid URL (${reserved})`);
  return url.hash === '' ? url : problem(`it has a # (${reserved})`);
}

function readCertificate(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return problem(`the certificate file ${path} (sslrootcert) cannot be read`);
  }
}

/**
 * Without `sslmode` a connection that leaves this machine is encrypted and verified, and HQ says so if it cannot.
 * libpq's `prefer` and `allow` are refused: they fall back to plain text without a word.
 */
function sslOf(url: URL, host: string): HqAddress['ssl'] {
  const mode = url.searchParams.get('sslmode') ?? (loopback.test(host) ? 'disable' : 'verify-full');
  const file = url.searchParams.get('sslrootcert');
  if (mode === 'disable') return false;
  if (mode !== 'require' && mode !== 'verify-full') {
    return problem('sslmode must be verify-full, require (the same here) or disable');
  }
  const ca = file === null ? {} : { ca: readCertificate(file) };
  return { rejectUnauthorized: true, ...ca };
}

/** Parses DATABASE_URL strictly. Throws `DatabaseUrlProblem`. */
export function parseDatabaseUrl(text: string): HqAddress {
  const url = parseUrl(text);
  const other = [...url.searchParams.keys()].find((name) => !allowed.has(name));
  if (other !== undefined) {
    return problem(
      `it has the parameter "${other}", but only sslmode, sslrootcert and host are read`,
    );
  }
  const socket = url.searchParams.get('host');
  if (socket !== null && !socket.startsWith('/')) {
    return problem('its parameter "host" may only name the folder of a Unix socket');
  }
  const host = socket ?? decode(url.hostname.replace(/^\[(.*)\]$/, '$1'), 'host');
  if (host === '') return problem('it names no host');
  if (!host.startsWith('/') && !hostName.test(host))
    return problem('its host is not a name or address');
  const database = decode(url.pathname.slice(1), 'database name');
  if (database === '') return problem('it names no database (the part after the last /)');
  if (url.username === '') return problem('it names no user');
  return {
    host,
    port: url.port === '' ? 5432 : Number(url.port),
    user: decode(url.username, 'user'),
    password: url.password === '' ? undefined : decode(url.password, 'password'),
    database,
    ssl: sslOf(url, host),
  };
}

import { InvalidArgumentError, Option, type Command } from 'commander';
import { ROLES, type Role } from '../../shared/contract.ts';
import { userDataFolder } from '../host/user-data.ts';
import { done } from './outcome.ts';
import { withExample, type Session } from './session.ts';

interface Options {
  readonly role: Role;
  readonly hours: number;
}

const maxHours = 24;

function hourCount(text: string): number {
  const hours = Number(text);
  if (!/^\d{1,2}(\.\d{1,2})?$/.test(text) || hours <= 0 || hours > maxHours)
    throw new InvalidArgumentError(`It must be a number of hours above 0, at most ${maxHours}.`);
  return hours;
}

/** The token alone on stdout, so that a script can take it as it is. Needs no running `serve`, only its key. */
async function token(session: Session, { role, hours }: Options): Promise<void> {
  const [{ tokenSecret }, { issueToken }] = await Promise.all([
    import('../api/secret.ts'),
    import('../api/tokens.ts'),
  ]);
  const secret = tokenSecret(session.settings().jwtSecret, userDataFolder());
  const issued = await issueToken(secret, role, hours);
  const expiresAt = new Date(issued.expiresAt).toISOString();
  session.show(done({ token: issued.token, role, expiresAt }, issued.token));
}

export function addToken(program: Command, session: Session): void {
  const command = program
    .command('token')
    .description("a token for serve's HTTP API and web console; needs no HQ")
    .addOption(
      new Option('--role <role>', 'cashier: see and sync; manager: everything')
        .choices(ROLES)
        .makeOptionMandatory(),
    )
    .option('--hours <n>', `how long it is good, at most ${maxHours}`, hourCount, 1);
  withExample(command, 'token --role cashier', 'token --role manager --hours 8').action(
    (options: Options) => token(session, options),
  );
}

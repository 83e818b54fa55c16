import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Connections } from '../../remote/connection.ts';
import type { App } from '../app-types.ts';
import { openApp } from '../app.ts';
import { startEmbeddedHq, type EmbeddedHq } from '../embedded-hq.ts';
import { createLog } from '../log.ts';
import { readSettings, requireHq, type Settings } from '../settings.ts';
import { startHelper, type Helper } from './helper.ts';

/** The till of the demo; the shop has three others, which stay switched off. */
export const tillCode = 'TILL-1';

/** Everything the demo stands on. Opened step by step; `close` ends and removes what there is by then. */
export class Stage {
  #server: EmbeddedHq | null = null;
  #settings: Settings | null = null;
  #app: App | null = null;
  #hq: Connections | null = null;
  readonly #helpers: Helper[] = [];

  /**
   * An empty PostgreSQL. The till's files stand in its folder: the server's guard removes it whatever becomes of
   * this process.
   */
  async startHq(): Promise<void> {
    this.#server = await startEmbeddedHq({
      // It lives for minutes: nothing in it has to survive a power cut.
      settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' },
    });
    const folder = join(this.#server.dir, 'till');
    mkdirSync(folder);
    this.#settings = readSettings(
      {
        DATABASE_URL: this.#server.url(),
        PAYFLOW_DB: join(folder, 'payflow.db'),
        PAYFLOW_TERMINAL: tillCode,
        PAYFLOW_LOG_DIR: folder,
        PAYFLOW_STATE_DIR: join(this.#server.dir, 'state'),
      },
      folder,
    );
    const address = requireHq(this.#settings);
    this.#hq = new Connections({ address, applicationName: 'payflow demo' });
    const secrets = address.password === undefined ? [] : [address.password];
    this.#app = await openApp(this.#settings, createLog(folder, secrets));
  }

  /** The till's POS program; payflow.db must be there. */
  startPos(): Helper {
    return this.#start('the till', 'pos', [this.databasePath, tillCode], {});
  }

  startBackOffice(): Helper {
    return this.#start('the back office', 'back-office', [], { SHOP_DATABASE: this.hqUrl });
  }

  get app(): App {
    return opened(this.#app);
  }

  /** The demo's own connection, for loading the shop and for looking. */
  get hq(): Connections {
    return opened(this.#hq);
  }

  get hqUrl(): string {
    return opened(this.#server).url();
  }

  get settings(): Settings {
    return opened(this.#settings);
  }

  get databasePath(): string {
    return this.settings.databasePath;
  }

  async close(): Promise<void> {
    const endings = [
      ...this.#helpers.map((helper) => () => helper.end()),
      () => this.#app?.close(),
      () => this.#hq?.close(),
      () => this.#server?.stop(),
    ];
    const problems: unknown[] = [];
    // One after the other, and each whatever became of the one before.
    for (const end of endings) {
      await Promise.resolve()
        .then(end)
        .catch((error: unknown) => problems.push(error));
    }
    if (problems.length > 0) throw new AggregateError(problems, 'the demo did not end cleanly');
  }

  #start(
    name: string,
    program: string,
    args: readonly string[],
    secrets: Readonly<Record<string, string>>,
  ): Helper {
    const helper = startHelper(name, programFile(program), args, secrets);
    this.#helpers.push(helper);
    return helper;
  }
}

/** Beside this file: as it stands in a checkout, or as the build has named it (vite.config.ts). */
function programFile(program: string): string {
  const file = import.meta.filename.endsWith('.ts') ? `${program}.ts` : `demo-${program}.js`;
  return join(import.meta.dirname, file);
}

function opened<T>(part: T | null): T {
  if (part === null) throw new Error('this part of the demo is not open');
  return part;
}

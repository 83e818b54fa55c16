/** The HTTP API of the desktop app as Settings want it: on, off, or on another port. */
export interface ApiSwitch<Running> {
  /** What runs now; null: it is off, or could not start. */
  running(): Running | null;
  apply(wanted: { readonly enabled: boolean; readonly port: number }): Promise<void>;
  close(): Promise<void>;
}

export interface ApiSwitchPorts<Running> {
  readonly start: (port: number) => Promise<Running>;
  /** It could not start: the port is taken. */
  readonly onProblem: (error: unknown) => void;
  readonly onChange: () => void;
}

export function createApiSwitch<Running extends { close(): Promise<void> }>({
  start,
  onProblem,
  onChange,
}: ApiSwitchPorts<Running>): ApiSwitch<Running> {
  let now: { readonly port: number; readonly api: Running } | null = null;
  let last: Promise<void> = Promise.resolve();

  async function change(port: number | null): Promise<void> {
    if ((now?.port ?? null) === port) return;
    const old = now;
    now = null;
    await old?.api.close();
    try {
      if (port !== null) now = { port, api: await start(port) };
    } catch (error) {
      onProblem(error);
    }
    onChange();
  }
  /** One after the other: two servers never want one port. */
  const queue = (port: number | null): Promise<void> => (last = last.then(() => change(port)));

  return {
    running: () => now?.api ?? null,
    apply: ({ enabled, port }) => queue(enabled ? port : null),
    close: () => queue(null),
  };
}

/** The hint that PayFlow goes on when its window has gone out of sight. */
export interface StillHerePorts {
  /** Without a panel icon the window does not go out of sight. */
  hasTray(): boolean;
  /** Nobody has said "Don't show again". */
  wanted(): boolean;
  /** Shows it; answers whether it is never to come again. */
  ask(): Promise<{ readonly never: boolean }>;
  stop(): Promise<void>;
}

/** To be called when the window hides: at most one hint per start, and none any more once someone said so. */
export function createStillHere(ports: StillHerePorts): () => Promise<void> {
  let shown = false;
  return async () => {
    if (shown || !ports.hasTray() || !ports.wanted()) return;
    shown = true;
    const { never } = await ports.ask();
    if (never) await ports.stop();
  };
}

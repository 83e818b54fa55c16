interface ImportMetaEnv {
  /** '1' in a build that holds the fixtures (vite.config.ts); else empty. */
  readonly PAYFLOW_FAKE: string;
}

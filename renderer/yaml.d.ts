/** A catalogue, parsed by the build (vite.config.ts). */
declare module '*.yaml' {
  const content: Readonly<Record<string, unknown>>;
  export default content;
}

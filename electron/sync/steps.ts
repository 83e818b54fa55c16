/**
 * The named points of a cycle, both directions: crash tests kill the process at each of them (`EnginePorts.at`). What
 * happens between two of them either is one transaction or touches nothing.
 */
export const STEPS = [
  'cycle:connected',
  'identity:before-claim',
  'identity:claimed',
  'identity:recovered',
  'cycle:settled',
  'scan:page',
  'confirm:answered',
  'load:page',
  'load:table',
  'download:read',
  'download:before-commit',
  'download:applied',
  'rebaseline:done',
  'subtree:read',
  'held:released',
  'cycle:downloaded',
  'upload:prepared',
  'upload:batch-saved',
  'upload:before-send',
  'upload:after-send',
  'upload:before-acknowledge',
  'upload:acknowledged',
  'cycle:uploaded',
  'report:saved',
  'report:told',
] as const;

export type Step = (typeof STEPS)[number];

import { EventEmitter } from 'node:events';

/** What the app did to the desktop around it, for tests to look at; and what the desktop says to the app. */
export const record = {
  notifications: [] as { readonly title: string; readonly body: string; click(): void }[],
  dialogs: [] as { readonly message: string; readonly buttons: readonly string[] }[],
  errorBoxes: [] as { readonly title: string; readonly content: string }[],
  opened: [] as string[],
  /** Button that the next dialog is answered with. */
  answer: 0,
  online: true,
  clipboard: '',
};

/** Electron's events can be refused. */
export interface Refusable {
  defaultPrevented: boolean;
  preventDefault(): void;
}

export function refusable<T extends object>(more: T): T & Refusable {
  const event = {
    ...more,
    defaultPrevented: false,
    preventDefault() {
      event.defaultPrevented = true;
    },
  };
  return event;
}

/** Events by name, with listeners of any shape, as Electron's objects have them. */
export class Emitter extends EventEmitter {}

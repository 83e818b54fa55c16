/** The window's lists and changes over one process's hold on payflow.db and HQ (`LocalApp`). */
import { testConnection } from '../remote/test-connection.ts';
import { readManifest } from '../schema/read-manifest.ts';
import { engineDesk, type EnginePart } from './desk-engine.ts';
import { localDesk } from './desk-reader.ts';
import type { Desk } from './desk-types.ts';
import type { PlannedFile } from './planned-file.ts';
import { readReceiptPlaces, type ReceiptPlaces } from './receipt-places.ts';

export interface DeskParts extends EnginePart {
  /** payflow.db, opened for reading; null: there is none, or no `init` has been there. */
  readable(): PlannedFile | null;
  /** PayFlow's own manifest as YAML, and its path. */
  defaultManifest(): Promise<{ readonly text: string; readonly path: string }>;
}

export function createDesk(parts: DeskParts): Desk {
  let receipts: ReceiptPlaces | null = null;
  return {
    ...localDesk(
      () => parts.readable(),
      () => (receipts ??= readReceiptPlaces()),
    ),
    ...engineDesk(parts),
    testConnection: async ({ address, terminal }) => {
      const { text, path } = await parts.defaultManifest();
      return testConnection({
        address,
        terminal,
        applicationName: 'payflow connection test',
        manifest: readManifest(text, path),
      });
    },
  };
}

import { app } from 'electron';
import type { Catalogue } from '../../shared/messages.ts';
import { loadCatalogue } from '../host/messages.ts';
import type { Preferences } from '../host/settings-store.ts';

export interface Texts {
  readonly language: 'en' | 'es';
  readonly catalogue: Catalogue;
}

/** The language that Settings name, or the system's where PayFlow speaks it. Only once the app is ready. */
export function textsFor({ language }: Pick<Preferences, 'language'>): Texts {
  const system = app.getLocale().toLowerCase().startsWith('es') ? 'es' : 'en';
  const spoken = language === 'auto' ? system : language;
  return { language: spoken, catalogue: loadCatalogue(undefined, spoken) };
}

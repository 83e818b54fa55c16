import { useEffect, useState } from 'react';
import type { SettingsShown } from '../../shared/views.ts';
import { asCallFailed, type CallFailed } from '../bridge/bridge.ts';
import { useCall } from '../bridge/use-call.ts';
import { useAct, type Acting } from '../components/use-act.ts';
import { useText } from '../i18n/use-text.ts';
import { useDraftStore } from './draft-store.ts';
import {
  changedFields,
  draftOf,
  fieldOfRefusal,
  patchOf,
  problemsOf,
  settingOf,
  type Draft,
  type Edits,
  type Field,
} from './settings-form.ts';

/** What the sections of the form work with. */
export interface SettingsForm {
  readonly shown: SettingsShown;
  readonly draft: Draft;
  readonly edit: (edits: Edits) => void;
  /** One sentence beside the field: why it cannot be saved, or why the host refused it; null: nothing. */
  readonly errorOf: (field: Field) => string | null;
  readonly isLocked: (field: Field) => boolean;
}

export interface SavedForm extends SettingsForm {
  readonly changed: number;
  /** Save was pressed, and fields are in its way. */
  readonly blocked: boolean;
  readonly save: () => void;
  /** Marks what HQ's address lacks: a test was asked for. */
  readonly markAddress: () => void;
  readonly discard: () => void;
  readonly acting: Acting;
  /** A refusal that belongs to no field. */
  readonly refused: CallFailed | null;
}

/** A browser's or window's close asks first while something is not saved. */
function useLeaveGuard(dirty: boolean): void {
  useEffect(() => {
    if (!dirty) return undefined;
    const ask = (event: BeforeUnloadEvent): void => {
      event.preventDefault();
    };
    window.addEventListener('beforeunload', ask);
    return () => {
      window.removeEventListener('beforeunload', ask);
    };
  }, [dirty]);
}

/** Leads to the first marked field after each try that was turned down. */
function useFirstMarked(): () => void {
  const [tries, setTries] = useState(0);
  useEffect(() => {
    if (tries > 0) document.querySelector<HTMLElement>('main [aria-invalid="true"]')?.focus();
  }, [tries]);
  return () => {
    setTries((count) => count + 1);
  };
}

/** The form over what is saved: edits, what keeps them from being saved, and saving only what changed. */
export function useSettingsForm(shown: SettingsShown, onSaved: () => void): SavedForm {
  const t = useText();
  const call = useCall();
  const acting = useAct();
  const { edits, edit, clear } = useDraftStore();
  const [tried, setTried] = useState(false);
  const [testing, setTesting] = useState(false);
  const [refusal, setRefusal] = useState<CallFailed | null>(null);
  const draft: Draft = { ...draftOf(shown), ...edits };
  const changed = changedFields(shown, draft).length;
  const problems = problemsOf(shown, draft, testing);
  // Missing parts that only a test wants keep nobody from saving the rest.
  const blocked = Object.keys(problemsOf(shown, draft)).length > 0;
  const refusedField = refusal === null ? null : fieldOfRefusal(refusal);
  useLeaveGuard(changed > 0);
  const leadToMarked = useFirstMarked();

  const forget = (): void => {
    clear();
    setTried(false);
    setTesting(false);
    setRefusal(null);
  };

  return {
    shown,
    draft,
    acting,
    changed,
    blocked: blocked && tried,
    refused: refusedField === null ? refusal : null,
    edit(next) {
      setRefusal(null);
      edit(next);
    },
    isLocked: (field) => shown.locked.includes(settingOf(field)),
    errorOf(field) {
      const problem = tried || testing ? problems[field] : undefined;
      if (problem !== undefined) return t(problem.key, problem.params);
      if (refusal === null || refusedField !== field) return null;
      const parts = t.failure(refusal);
      return parts === null ? t.message(refusal) : `${parts.wrong} ${parts.todo}`;
    },
    save() {
      setTried(true);
      if (blocked) {
        leadToMarked();
        return;
      }
      acting.act('save', async () => {
        try {
          await call('saveSettings', patchOf(shown, draft));
        } catch (error) {
          setRefusal(asCallFailed(error));
          leadToMarked();
          return null;
        }
        forget();
        onSaved();
        return t('settings.saved');
      });
    },
    discard: forget,
    markAddress() {
      setTesting(true);
      leadToMarked();
    },
  };
}

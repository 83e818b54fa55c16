import { Failure } from '../components/failure.tsx';
import { Said } from '../components/said.tsx';
import { useAct } from '../components/use-act.ts';
import { useCall } from '../bridge/use-call.ts';
import { useText } from '../i18n/use-text.ts';
import { AddressFields } from '../settings/address-fields.tsx';
import { Locked } from '../settings/section.tsx';
import { addressIn } from '../settings/settings-form.ts';
import { TestConnection, type Tested } from '../settings/test-connection.tsx';
import type { SavedForm } from '../settings/use-settings-form.ts';
import { StepFrame } from './step-frame.tsx';

interface ServerStepProps {
  readonly form: SavedForm;
  readonly tested: Tested | null;
  readonly onTested: (tested: Tested) => void;
  readonly onBack: () => void;
  readonly onNext: () => void;
}

/** HQ's address. Going on tests it first: an address that does not work would only fail one step later. */
export function ServerStep({ form, tested, onTested, onBack, onNext }: ServerStepProps) {
  const t = useText();
  const call = useCall();
  const acting = useAct();
  const address = addressIn(form.draft);
  const passed =
    tested?.result.ok === true && JSON.stringify(tested.address) === JSON.stringify(address);

  const save = (): void => {
    if (form.changed === 0) onNext();
    else form.save();
  };
  const goOn = (): void => {
    if (address === null) {
      form.markAddress();
      return;
    }
    if (passed) {
      save();
      return;
    }
    acting.act('test', async () => {
      const result = await call('testConnection', { hq: address, terminal: null });
      onTested({ address, result });
      if (result.ok) save();
      return null;
    });
  };

  return (
    <StepFrame
      title={t('setup.server.title')}
      about={t('setup.server.about')}
      onBack={onBack}
      next={{
        label: t(passed ? 'setup.server.save' : 'setup.server.next'),
        busy: acting.busy !== null || form.acting.busy !== null,
        onNext: goOn,
      }}
    >
      {form.isLocked('host') ? <Locked /> : null}
      <AddressFields form={form} />
      <TestConnection
        address={address}
        terminal={null}
        tested={tested}
        onTested={onTested}
        onIncomplete={form.markAddress}
      />
      <Said acting={acting} />
      {form.refused === null ? null : <Failure error={form.refused} />}
    </StepFrame>
  );
}

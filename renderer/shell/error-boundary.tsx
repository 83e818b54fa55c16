import { Component, type ErrorInfo, type ReactNode } from 'react';
import { BridgeContext, type Bridge } from '../bridge/bridge.ts';
import { copyText } from '../components/copy-text.ts';
import { useLanguageStore } from '../i18n/language-store.ts';

interface BoundaryState {
  readonly error: Error | null;
  readonly copied: boolean;
}

/** The host's diagnostics and the window's own fault; the fault alone where the host does not answer. */
async function diagnosticsWith(error: Error, bridge: Bridge | null): Promise<string> {
  const host = await bridge?.call('diagnostics', {}).catch(() => undefined);
  return [host?.text, error.stack ?? String(error)]
    .filter((part) => part !== undefined)
    .join('\n\n');
}

/**
 * A screen that threw is replaced by a plain page made of nothing that could throw again. The engine works in another
 * process, so sales and sync are not touched by it.
 */
export class ErrorBoundary extends Component<{ readonly children: ReactNode }, BoundaryState> {
  static override readonly contextType = BridgeContext;
  declare readonly context: Bridge | null;
  override state: BoundaryState = { error: null, copied: false };

  static getDerivedStateFromError(error: unknown): BoundaryState {
    return { error: error instanceof Error ? error : new Error(String(error)), copied: false };
  }

  override componentDidCatch(error: Error, info: ErrorInfo): void {
    console.error('A screen could not be shown', error, info.componentStack);
  }

  override render(): ReactNode {
    const { error, copied } = this.state;
    if (error === null) return this.props.children;
    const t = useLanguageStore.getState().text;
    return (
      <div role="alert" className="payflow-plain">
        <h1>{t('shell.crash')}</h1>
        <p>{t('shell.crash-about')}</p>
        <p>
          <button
            type="button"
            onClick={() => {
              location.reload();
            }}
          >
            {t('shell.reload')}
          </button>{' '}
          <button
            type="button"
            onClick={() => {
              void diagnosticsWith(error, this.context)
                .then(copyText)
                .then((done) => {
                  this.setState({ copied: done });
                });
            }}
          >
            {t(copied ? 'common.copied' : 'shell.diagnostics-copy')}
          </button>
        </p>
        <pre>{String(error)}</pre>
      </div>
    );
  }
}

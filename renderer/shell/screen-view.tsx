import { useEffect, useReducer, useRef, useState } from 'react';
import type { Screen } from '../../shared/contract.ts';
import { Loading } from '../components/loading.tsx';
import { ErrorBoundary } from './error-boundary.tsx';
import { useRouter } from './router-store.ts';
import { fetchScreen, screensAtHand } from './screens.ts';

/** How long a screen may take to draw the place it was opened at, in milliseconds. */
const patience = 5_000;

function reveal(place: string | null): boolean {
  const target =
    place === null
      ? document.querySelector<HTMLElement>('[data-screen-title]')
      : document.getElementById(place);
  if (target === null) return false;
  target.scrollIntoView({ block: 'start' });
  const field = target.querySelector<HTMLElement>('input, button');
  // The heading is focused for screen readers and for the next Tab; a frame around it would say that it can be used.
  if (place === null) target.focus({ preventScroll: true, focusVisible: false });
  else (field ?? target).focus({ preventScroll: true });
  return true;
}

/** Moves the focus to what was asked for as soon as the screen has drawn it; never again after that. */
function useReveal(): void {
  const { visit, place } = useRouter();
  const shown = useRef(0);
  useEffect(() => {
    if (shown.current === visit) return undefined;
    shown.current = visit;
    if (reveal(place)) return undefined;
    const observer = new MutationObserver(() => {
      if (reveal(place)) observer.disconnect();
    });
    observer.observe(document.body, { childList: true, subtree: true });
    const timer = setTimeout(() => {
      observer.disconnect();
    }, patience);
    return () => {
      clearTimeout(timer);
      observer.disconnect();
    };
  }, [visit, place]);
}

/** No Suspense: React shows its fallback for 0.3 s at least, however soon the screen's file is there. */
function Shown({ screen }: { readonly screen: Screen }) {
  const [, drawAgain] = useReducer((times: number) => times + 1, 0);
  const [failure, setFailure] = useState<{ readonly error: unknown } | null>(null);
  const Ready = screensAtHand[screen];
  useEffect(() => {
    let gone = false;
    fetchScreen(screen).then(
      () => {
        if (!gone) drawAgain();
      },
      (error: unknown) => {
        if (!gone) setFailure({ error });
      },
    );
    return () => {
      gone = true;
    };
  }, [screen]);
  // The boundary around it says so and offers to try again.
  if (failure !== null) throw failure.error;
  return Ready === undefined ? <Loading /> : <Ready />;
}

export function ScreenView() {
  const screen = useRouter((state) => state.screen);
  useReveal();
  return (
    <ErrorBoundary key={screen}>
      <Shown screen={screen} />
    </ErrorBoundary>
  );
}

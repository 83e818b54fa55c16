import type { State } from '../../shared/status.ts';

/**
 * One shape per state, so that nobody needs to see colours: check in a circle, two arrows, cloud with a slash, "!" in a
 * triangle, x in an octagon, two bars in a circle, dotted circle. Drawn in the colour of the text around it.
 */
const shapes: Readonly<Record<State, readonly string[]>> = {
  idle: ['M12 3a9 9 0 1 1 0 18a9 9 0 0 1 0 -18', 'M8 12.2l2.8 2.8l5.2 -5.6'],
  syncing: [
    'M19.5 10a7.8 7.8 0 0 0 -14 -2.4',
    'M5 3.8v4.2h4.2',
    'M4.5 14a7.8 7.8 0 0 0 14 2.4',
    'M19 20.2v-4.2h-4.2',
  ],
  offline: [
    'M9.6 5.6a5.4 5.4 0 0 1 7.3 4.2a4.2 4.2 0 0 1 2.9 6.9',
    'M17 18.4h-9.6a4.7 4.7 0 0 1 -.6 -9.4',
    'M3.5 3.5l17 17',
  ],
  attention: ['M12 3.6l9.4 16.4h-18.8z', 'M12 10v4.4', 'M12 17.2v.1'],
  error: ['M8.3 3h7.4l5.3 5.3v7.4l-5.3 5.3h-7.4l-5.3 -5.3v-7.4z', 'M9 9l6 6', 'M15 9l-6 6'],
  paused: ['M12 3a9 9 0 1 1 0 18a9 9 0 0 1 0 -18', 'M10 9v6', 'M14 9v6'],
  setup: [
    'M12 3h.01M16.5 4.2h.01M19.8 7.5h.01M21 12h.01M19.8 16.5h.01M16.5 19.8h.01M12 21h.01M7.5 19.8h.01M4.2 16.5h.01M3 12h.01M4.2 7.5h.01M7.5 4.2h.01',
  ],
};

/** Mantine's colour of a state; grey for those that ask nothing of anybody. */
export const stateColor: Readonly<Record<State, string>> = {
  idle: 'green',
  syncing: 'blue',
  offline: 'gray',
  attention: 'yellow',
  error: 'red',
  paused: 'gray',
  setup: 'gray',
};

interface StateIconProps {
  readonly state: State;
  /** In CSS pixels. */
  readonly size: number;
}

export function StateIcon({ state, size }: StateIconProps) {
  return (
    <svg
      aria-hidden
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={state === 'setup' ? 2.6 : 2}
      strokeLinecap="round"
      strokeLinejoin="round"
      data-state={state}
    >
      {shapes[state].map((path) => (
        <path key={path} d={path} />
      ))}
    </svg>
  );
}

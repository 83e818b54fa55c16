import { Children, startTransition, useEffect, useState, type ReactNode } from 'react';

interface InPiecesProps {
  readonly children: ReactNode;
}

/**
 * Draws its children one after the other, each with a pause in which a click is heard: React cannot interrupt what fields
 * do once they stand on the screen, and for a whole form at one go a small machine needs more than a tenth of a second.
 */
export function InPieces({ children }: InPiecesProps) {
  const pieces = Children.toArray(children);
  const [drawn, setDrawn] = useState(1);
  useEffect(() => {
    if (drawn < pieces.length) startTransition(() => setDrawn(drawn + 1));
  }, [drawn, pieces.length]);
  return pieces.slice(0, drawn);
}

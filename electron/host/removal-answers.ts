import { PayflowError } from '../../shared/errors.ts';
import type { RemovalAnswer, RemovalQuestion, RowDirection } from '../../shared/rows.ts';
import { askedQuestions, saveAnswer } from '../local/gate-store.ts';
import type { WritableDb } from '../local/open.ts';

/** Notes what a manager says of a mass removal (DESIGN 5.3); the next cycle carries it out. */
export function answerRemovals(
  db: WritableDb,
  {
    table,
    direction,
    answer,
  }: {
    readonly table: string;
    readonly direction: RowDirection | null;
    readonly answer: RemovalAnswer;
  },
): RemovalQuestion {
  const [question, another] = askedQuestions(db).filter(
    (asked) => asked.table === table && (direction === null || asked.direction === direction),
  );
  if (another !== undefined) throw new PayflowError('REMOVAL_BOTH_WAYS', { table });
  if (question === undefined) throw new PayflowError('REMOVAL_NOT_ASKED', { table });
  saveAnswer(db, { table, direction: question.direction, answer }, new Date().toISOString());
  return { ...question, answer };
}

import { PayflowError } from '../../shared/errors.ts';

/** SQLSTATE of a driver's error, or null for anything else. */
export function sqlStateOf(error: unknown): string | null {
  return typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    typeof error.code === 'string'
    ? error.code
    : null;
}

/** No such schema, table or function: `hq install` has not been here. */
const absent = new Set(['3F000', '42P01', '42883']);

/** Runs a read of payflow_sync; what is not there means that nothing is installed. */
export async function onInstalledHq<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (absent.has(sqlStateOf(error) ?? '')) {
      throw new PayflowError('HQ_NOT_INSTALLED', {}, { cause: error });
    }
    throw error;
  }
}

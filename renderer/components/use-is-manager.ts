import { useAppInfo } from '../shell/app-store.ts';

/** Whether who looks may do everything; false until that is known. */
export function useIsManager(): boolean {
  return useAppInfo()?.role === 'manager';
}

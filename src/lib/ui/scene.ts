import { createContext } from 'svelte';
import type { ElemFilter } from '#core/elem/filter.ts';

/** The view a shared component stands in: the live page or a replay. Where its links lead and what "now" is differ. */
export interface Scene {
  /** Newest data time shown, Unix microseconds; null before the first. */
  readonly nowUs: number | null;
  /** Address of a page of this app within the view: `/incidents/ID`, `/prefix/P`, `/as/ASn`. */
  href(path: string): string;
  /** Narrow what is shown by one more wish. */
  narrow(add: ElemFilter): void;
}

export const [getScene, setScene] = createContext<Scene>();

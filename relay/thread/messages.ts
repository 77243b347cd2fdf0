import type { LogFields } from '../log.ts';

/** What every thread may say. */
export type FromThread =
  | {
      readonly op: 'log';
      readonly level: 'info' | 'warn' | 'error';
      readonly event: string;
      readonly fields: LogFields;
    }
  | { readonly op: 'closed' };

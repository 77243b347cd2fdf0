import type { Refusal } from '../../../workers/api-reports.ts';

/** Why something was refused, without the code in front, which is shown beside it. */
export function reasonOf({ code, reason }: Refusal): string {
  return reason.startsWith(`${code}: `) ? reason.slice(code.length + 2) : reason;
}

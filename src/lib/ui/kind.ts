import type { ElemRow } from '#core/elem/row.ts';

/** How a kind of elem is shown: letter and word, so that colour is never the only sign. */
export interface KindSign {
  readonly letter: string;
  readonly word: string;
  readonly tone: 'announce' | 'withdraw' | 'state';
}

const SIGNS: Readonly<Record<ElemRow['kind'], KindSign>> = {
  announce: { letter: 'A', word: 'announce', tone: 'announce' },
  withdraw: { letter: 'W', word: 'withdraw', tone: 'withdraw' },
  state: { letter: 'S', word: 'state', tone: 'state' },
  rib: { letter: 'R', word: 'in table', tone: 'announce' },
};

export function kindSign(kind: ElemRow['kind']): KindSign {
  return SIGNS[kind];
}

import { DetectionEngine, RIB_OPTIONS } from '#core/detect/engine.ts';
import type { EngineOptions } from '#core/detect/engine.ts';
import type { ElemBatch } from '#core/elem/batch.ts';
import { KIND } from '#core/elem/batch.ts';
import { BatchBuilder } from '#core/elem/builder.ts';
import { ElemCopier } from '#core/elem/copier.ts';
import { Rib } from '#core/rib/rib.ts';

/** State and engine together: what a run over files steps its batches through. */
export class DetectSession {
  readonly rib: Rib;
  readonly engine: DetectionEngine;

  constructor(options: EngineOptions & { readonly ribBudgetBytes?: number } = {}) {
    const { ribBudgetBytes } = options;
    this.rib = new Rib({ ...RIB_OPTIONS, budgetBytes: ribBudgetBytes ?? 1024 * 1024 * 1024 });
    this.engine = new DetectionEngine(this.rib, options);
  }

  /** Take a batch in as baseline. */
  learn(batch: ElemBatch): void {
    this.engine.learn(batch, this.rib.step(batch));
  }

  /** Take only the batch's table entries in as baseline. */
  learnTable(batch: ElemBatch): void {
    const table = tableEntries(batch);
    if (table) this.learn(table);
  }

  step(batch: ElemBatch): void {
    this.engine.step(batch, this.rib.step(batch));
  }
}

/** The elems of `batch` that `accept` takes, as a batch of their own; null when there are none. */
export function selectElems(batch: ElemBatch, accept: (i: number) => boolean): ElemBatch | null {
  const builder = new BatchBuilder(Math.max(1, batch.length));
  const copier = new ElemCopier(builder);
  for (let i = 0; i < batch.length; i++) if (accept(i)) copier.copy(batch, i);
  return builder.length === 0 ? null : builder.take();
}

/** The batch's table entries. */
export function tableEntries(batch: ElemBatch): ElemBatch | null {
  return selectElems(batch, (i) => batch.kind[i] === KIND.rib);
}

import type { ElemBatch } from '#core/elem/batch.ts';
import { KIND } from '#core/elem/batch.ts';
import { BatchBuilder } from '#core/elem/builder.ts';
import { ElemCopier } from '#core/elem/copier.ts';
import { decodeBatch, encodeBatch } from '#core/wire/batch.ts';

type OnBatch = (batch: ElemBatch, body?: Uint8Array) => void;

/** A frame of a recording has at least and at most so many elems, where more or fewer come in one batch. */
const MIN_FRAME_ELEMS = 256;
const MAX_FRAME_ELEMS = 262_144;

/** Passes batches on, tiny ones gathered and huge ones cut: either would make the recording slow to find anything in. */
export class FittedFrames {
  readonly #onFrame: OnBatch;
  readonly #builder = new BatchBuilder(MIN_FRAME_ELEMS * 4);
  readonly #copier = new ElemCopier(this.#builder);

  constructor(onFrame: OnBatch) {
    this.#onFrame = onFrame;
  }

  push(batch: ElemBatch, body: Uint8Array | undefined): void {
    const isTiny = batch.length < MIN_FRAME_ELEMS;
    if (!isTiny) this.flush();
    if (!isTiny && batch.length <= MAX_FRAME_ELEMS) return this.#onFrame(batch, body);
    const most = isTiny ? this.#builder.capacity : MAX_FRAME_ELEMS;
    for (let i = 0; i < batch.length; i++) {
      if (this.#builder.length >= most) this.flush();
      this.#copier.copy(batch, i);
    }
  }

  flush(): void {
    if (this.#builder.length > 0) this.#onFrame(this.#builder.take(), undefined);
  }
}

/** Encoded batches that wait for the table to be complete; beyond this they go on as they are. */
const MAX_WAITING_BYTES = 128 * 1024 * 1024;

/**
 * Passes a file's table entries on before everything else, wherever they stand in it: that is how elem JSONL says what there was
 * before, and how `routescope detect` takes it.
 */
export class TableFirst {
  readonly #onBatch: OnBatch;
  #waiting: Uint8Array[] = [];
  #bytes = 0;
  #isGivenUp = false;

  constructor(onBatch: OnBatch) {
    this.#onBatch = onBatch;
  }

  push(batch: ElemBatch): void {
    if (this.#isGivenUp) return this.#onBatch(batch);
    const table = batch.kind.reduce((sum, kind) => sum + (kind === KIND.rib ? 1 : 0), 0);
    if (table === batch.length) return this.#onBatch(batch);
    if (table > 0) this.#onBatch(selected(batch, (i) => batch.kind[i] === KIND.rib));
    this.#wait(table > 0 ? selected(batch, (i) => batch.kind[i] !== KIND.rib) : batch);
  }

  #wait(batch: ElemBatch): void {
    const body = encodeBatch(batch);
    this.#waiting.push(body);
    this.#bytes += body.length;
    this.#isGivenUp = this.#bytes > MAX_WAITING_BYTES;
    if (this.#isGivenUp) this.flush();
  }

  flush(): void {
    for (const body of this.#waiting) this.#onBatch(decodeBatch(body), body);
    this.#waiting = [];
    this.#bytes = 0;
  }
}

function selected(batch: ElemBatch, accept: (i: number) => boolean): ElemBatch {
  const builder = new BatchBuilder(batch.length);
  const copier = new ElemCopier(builder);
  for (let i = 0; i < batch.length; i++) if (accept(i)) copier.copy(batch, i);
  return builder.take();
}

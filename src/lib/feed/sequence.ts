import type { Gap } from '#core/wire/control.ts';
import type { FrameHeader } from '#core/wire/frame.ts';

/** What a frame's place in the stream tells: to be used, already had, or after frames nobody accounted for. */
export type Place = { readonly verdict: 'next' | 'repeat' } | { readonly verdict: 'gap'; readonly gap: Gap };

/**
 * Follows the numbers of a stream (docs/wire.md). Gaps the relay tells and gaps the frames' `prev` shows are the same gaps;
 * each is counted once, and frames that came but could not be read are not a gap.
 */
export class Sequence {
  #stream: number | null = null;
  /** Newest seq dealt with; null while any frame may come next. */
  #last: number | null = null;
  #unreadable = 0;
  /** Where an earlier page stopped, until the first frame has been compared with it. */
  #resume: { readonly stream: number; readonly seq: number } | null;

  constructor(resume: { readonly stream: number; readonly seq: number } | null) {
    this.#resume = resume;
  }

  get stream(): number | null {
    return this.#stream;
  }

  /** Newest seq dealt with, of `stream`; null when there is nothing to resume from. */
  get last(): number | null {
    return this.#last;
  }

  /**
   * The relay has said which stream this is.
   *
   * @returns a gap when that means that what an earlier page missed can never be known. A relay that is asked to resume
   * another run's stream says so itself.
   */
  hello(stream: number): { readonly isOther: boolean; readonly gap: Gap | null } {
    const isOther = this.#stream !== null && this.#stream !== stream;
    if (isOther) this.#last = null;
    this.#stream = stream;
    const resume = this.#resume;
    if (!resume || resume.stream === stream) return { isOther, gap: null };
    this.#resume = null;
    return { isOther, gap: { reason: 'restarted', from: null, to: null, frames: null, elems: null } };
  }

  /** The relay has told a gap. */
  told(gap: Gap): void {
    this.#resume = null;
    this.#unreadable = 0;
    this.#last = gap.to === null ? null : Math.max(gap.to, this.#last ?? 0);
  }

  /** A frame came whose number could not be read. */
  unreadable(): void {
    this.#unreadable++;
  }

  /** A frame of this stream came. */
  frame({ seq, prev }: Pick<FrameHeader, 'seq' | 'prev'>): Place {
    const before = this.#last ?? this.#resume?.seq ?? null;
    const unreadable = this.#unreadable;
    if (this.#last !== null && seq <= this.#last) return { verdict: 'repeat' };
    const isResumed = this.#last === null && this.#resume !== null;
    this.#last = seq;
    this.#resume = null;
    this.#unreadable = 0;
    if (before === null || prev <= before || prev - before <= unreadable) return { verdict: 'next' };
    const gap: Gap = {
      reason: isResumed ? 'evicted' : 'unexplained',
      from: before + 1,
      to: prev,
      frames: prev - before - unreadable,
      elems: null,
    };
    return { verdict: 'gap', gap };
  }
}

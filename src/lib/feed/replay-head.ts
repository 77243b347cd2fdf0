export interface Headed {
  readonly head: Uint8Array;
  /** The whole stream, head included. */
  readonly chunks: AsyncGenerator<Uint8Array>;
  /** What came instead of more bytes; null for nothing. */
  readonly failure: unknown;
}

/** Look at the first bytes without losing them. An error that comes while looking is thrown by `chunks`. */
export async function withHead(input: AsyncGenerator<Uint8Array>, headBytes: number): Promise<Headed> {
  const seen: Uint8Array[] = [];
  let length = 0;
  let failure: unknown = null;
  let isOver = false;
  try {
    while (!isOver && length < headBytes) {
      const next = await input.next();
      isOver = next.done === true;
      if (next.done === true) break;
      seen.push(next.value);
      length += next.value.length;
    }
  } catch (error) {
    failure = error;
  }
  const head = new Uint8Array(Math.min(length, headBytes));
  let at = 0;
  for (const chunk of seen) {
    head.set(chunk.subarray(0, head.length - at), at);
    at = Math.min(head.length, at + chunk.length);
  }
  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      yield* seen.splice(0);
      if (failure !== null) throw failure as Error;
      if (!isOver) yield* input;
    } finally {
      await input.return(undefined);
    }
  }
  return { head, chunks: chunks(), failure };
}

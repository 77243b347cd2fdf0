export interface Headed {
  /** The first bytes: as many as asked for, or more; fewer where the stream is shorter or the stop character came. */
  readonly head: Uint8Array;
  /** The whole stream, head included. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/**
 * Look at the first `headBytes` of a stream without losing them; `stopAt` (one ASCII character) is enough too. An error that
 * comes while looking is thrown by `bytes`, where it belongs in the order of things.
 */
export async function withHead(
  input: AsyncGenerator<Uint8Array>,
  headBytes: number,
  stopAt?: string,
): Promise<Headed> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  let failure: unknown = null;
  let isOver = false;
  const stopByte = stopAt?.charCodeAt(0);
  try {
    while (!isOver && length < headBytes) {
      const next = await input.next();
      if (next.done === true) {
        isOver = true;
        break;
      }
      chunks.push(next.value);
      length += next.value.length;
      if (stopByte !== undefined && next.value.includes(stopByte) && length >= MIN_HEAD_BYTES) break;
    }
  } catch (error) {
    failure = error;
  }
  async function* bytes(): AsyncGenerator<Uint8Array> {
    try {
      yield* chunks.splice(0);
      if (failure !== null) throw failure as Error;
      if (!isOver) yield* input;
    } finally {
      await input.return(undefined);
    }
  }
  return { head: Buffer.concat(chunks), bytes: bytes() };
}

/** A binary format is told by this many bytes, whatever they are. */
const MIN_HEAD_BYTES = 12;

/**
 * `work` over `items`, in order, with at most `ahead` under way or waiting to be taken: whoever consumes slowly is not buried.
 * The first failure ends it.
 */
export async function* prefetched<T, R>(
  items: readonly T[],
  ahead: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  const started: Promise<R>[] = [];
  let next = 0;
  const fill = (): void => {
    while (next < items.length && started.length < ahead) {
      const run = work(items[next++]!);
      // It is looked at when its turn comes; until then a failure is not unhandled.
      run.catch(() => undefined);
      started.push(run);
    }
  };
  try {
    for (fill(); started.length > 0; fill()) yield await started.shift()!;
  } finally {
    await Promise.allSettled(started);
  }
}

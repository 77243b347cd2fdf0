/**
 * Moments a crash test wants to hit are over in milliseconds. A test names them and how long each shall last; nobody else
 * does, and then there is nothing to wait for.
 */
export type Failpoints = Readonly<Record<string, number>>;

/** `parquet.written=300,index.written=200` -> milliseconds by name. */
export function parseFailpoints(text: string): Failpoints {
  const pairs = text.split(',').map((item) => item.split('='));
  const known = pairs.filter(([name, ms]) => name && Number(ms) > 0);
  return Object.fromEntries(known.map(([name, ms]) => [name!, Number(ms)]));
}

/** Stay at a moment as long as the test wants. */
export async function pauseAt(failpoints: Failpoints, name: string): Promise<void> {
  const ms = failpoints[name];
  if (ms !== undefined) await new Promise((resolve) => setTimeout(resolve, ms));
}

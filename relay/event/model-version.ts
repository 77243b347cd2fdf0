import { readFile } from 'node:fs/promises';

/** What models/ says about itself; the file is not there before models are trained. */
const MANIFEST = new URL('../../models/model.json', import.meta.url);

/** Version of the shipped models; null when there are none. */
export async function modelVersion(): Promise<string | null> {
  let text: string;
  try {
    text = await readFile(MANIFEST, 'utf8');
  } catch {
    return null;
  }
  const { version } = JSON.parse(text) as { version?: unknown };
  return typeof version === 'string' || typeof version === 'number' ? String(version) : null;
}

import { readFileSync } from 'node:fs';

/** The project's version, from package.json. */
export function projectVersion(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

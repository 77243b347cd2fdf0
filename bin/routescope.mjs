#!/usr/bin/env node
// Starts the TypeScript sources in place, from any folder.
import { fileURLToPath } from 'node:url';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`routescope needs Node 20.19 or newer; this is ${process.versions.node}\n`);
  process.exit(1);
}
const { register } = await import('tsx/esm/api').catch(() => {
  process.stderr.write(
    `routescope is not installed yet: run npm install in ${fileURLToPath(new URL('..', import.meta.url))}\n`,
  );
  process.exit(1);
});
register({ tsconfig: false });
const { main } = await import('../relay/main.ts');
process.exitCode = await main(process.argv.slice(2));

// Threads do not inherit the loader that reads TypeScript: it is registered here, as bin/routescope.mjs does.
import { register } from 'tsx/esm/api';

register({ tsconfig: false });
await import(process.argv[2]);

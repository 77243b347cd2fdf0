import { EXIT } from './exit.ts';

const HELP = `routescope archive verify [OPTIONS]   prove that every elem is archived exactly once
routescope archive compact [OPTIONS]  merge small files, sum days, remove what is past its time
routescope archive import WHAT...     take recordings and public archives into the archive
routescope archive export [OPTIONS]   write elems of the archive as MRT

Each has its own --help.
`;

type Action = (argv: string[]) => Promise<number>;

/** Loaded when called, as each brings libraries of its own. */
const ACTIONS: Readonly<Record<string, () => Promise<Action>>> = {
  verify: async () => (await import('./archive-verify.ts')).archiveVerify,
  compact: async () => (await import('./archive-compact.ts')).archiveCompact,
  import: async () => (await import('./archive-import.ts')).archiveImport,
  export: async () => (await import('./archive-export.ts')).archiveExport,
};

/** `routescope archive`. @returns the exit code. */
export async function archive(argv: string[]): Promise<number> {
  const [action, ...rest] = argv;
  if (action === undefined || action === '--help' || action === '-h') {
    process.stdout.write(HELP);
    return action === undefined ? EXIT.usage : EXIT.fine;
  }
  if (!Object.hasOwn(ACTIONS, action)) {
    process.stderr.write(`routescope archive: no action "${action}"\n`);
    return EXIT.usage;
  }
  return (await ACTIONS[action]!())(rest);
}

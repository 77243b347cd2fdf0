import { EXIT } from './command/exit.ts';
import { projectVersion } from './version.ts';

const HELP = `routescope - watch the Internet's routing

  routescope [serve] [OPTIONS]        start the relay and the page (the default)
  routescope decode FILE... [OPTIONS] print the elems of MRT, BMP, RIS Live JSON, elem JSONL and frame log files
  routescope detect FILE... [OPTIONS] run the detectors over files and print the incidents
  routescope features FILE... [OPTIONS] each minute of files as numbers: CSV or JSON
  routescope event list               the catalogue of historical events and their recordings
  routescope event build [OPTIONS]    make the recording of an event from archive files or the archive
  routescope archive verify|compact|import|export
                                      what the relay keeps: check it, merge it, take in and give out recordings
  routescope rpki validate [OPTIONS]  judge routes and AS paths by a validator's VRPs and ASPAs
  routescope rpki watch [OPTIONS]     tell what happens to the ROAs a watch list cares about
  routescope models evaluate|train    judge the learned detection on labelled data, or train it again
  routescope help [COMMAND]           this text, or a command's own
  routescope --version

Data goes to standard output, everything else to standard error.
Exit codes: 0 fine, 1 failed, 2 wrong usage.
`;

type Command = (argv: string[]) => Promise<number>;

/** Loaded when called: `decode` has no use for an HTTP server. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./command/serve.ts')).serve,
  decode: async () => (await import('./command/decode.ts')).decode,
  detect: async () => (await import('./command/detect.ts')).detect,
  features: async () => (await import('./command/features.ts')).features,
  event: async () => (await import('./command/event.ts')).event,
  archive: async () => (await import('./command/archive.ts')).archive,
  models: async () => (await import('./command/models.ts')).models,
  rpki: async () => (await import('./command/rpki.ts')).rpki,
};

/** Run the command line; `argv` is without node and script. @returns the exit code. */
export async function main(argv: string[]): Promise<number> {
  const [first, ...rest] = argv;
  if (first === '--version' || first === '-V') return say(`${projectVersion()}\n`);
  if (first === '--help' || first === '-h') return say(HELP);
  if (first === 'help') {
    const topic = rest[0];
    return topic !== undefined && Object.hasOwn(COMMANDS, topic) ? run(topic, ['--help']) : say(HELP);
  }
  if (first === undefined || first.startsWith('-')) return run('serve', argv);
  if (Object.hasOwn(COMMANDS, first)) return run(first, rest);
  process.stderr.write(`routescope: no command "${first}"; see routescope help\n`);
  return EXIT.usage;
}

async function run(name: string, argv: string[]): Promise<number> {
  const command = await COMMANDS[name]!();
  return command(argv);
}

function say(text: string): number {
  process.stdout.write(text);
  return EXIT.fine;
}

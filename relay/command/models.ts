import { EXIT } from './exit.ts';

const HELP = `routescope models evaluate --data DIR [OPTIONS]
routescope models train --data DIR [OPTIONS]
routescope models train --from-archive PATH [OPTIONS]

Judge the learned detection on labelled streams, or train it again. DIR holds CSV files (.csv, .csv.gz), one stream each: of the
form of ufam-lia/bgp-feature-extractor (header, one row per minute, "timestamp2" in Unix seconds, "class" 1 inside the event, named
dataset_EVENT_PEER_1_COLLECTOR.csv.gz), of the SFU sets, or as "routescope features" writes them.

evaluate
  --data DIR          what to evaluate on
  --split shipped     the models of the models folder (the default for events they were not trained on)
          loeo        leave each event out in turn: train and choose thresholds on the others (the default otherwise)
          chrono      train on the earlier events, test on the later; all later than the shipped models' training: those
  --models DIR        another models folder
  --nets N            networks of the LSTM where one is trained (default 5; 0 leaves it out: much faster)
  --seed N            of what is trained (default 1)
  --work DIR          keep finished networks there, and take those of an interrupted run with the same data and seed
  --json              figures by model, event and stream

train
  --data DIR          labelled streams to train on; two events at least
  --out DIR           where the files go (default: the models folder). The same data and seed give the same bytes
  --seed N            default 1
  --nets N            default 5
  --version TEXT      of the models (default: the seed)
  --work DIR          where finished networks are kept (default: OUT/.training, and until the end)
  --resume            go on with an interrupted training of the same data and seed
  --from-archive PATH fit the models to your network: PATH is a file or folder of "routescope features --by vantage", taken
                      as regular minutes. Forest, calibration and threshold are made anew, the rest stays. Compared before
                      it is written, on the labelled streams of --data or else on artificial surges in your features
  --models DIR        the models to compare with, or to fit (default: the models folder)
  --force             write models even if they are worse

Data goes to standard output, progress to standard error.
`;

/** `routescope models`. @returns the exit code. */
export async function models(argv: string[]): Promise<number> {
  const [action, ...rest] = argv;
  if (action === '--help' || action === '-h') {
    process.stdout.write(HELP);
    return EXIT.fine;
  }
  // Loaded when called: TensorFlow.js takes a second.
  if (action === 'evaluate') return (await import('./models-evaluate.ts')).modelsEvaluate(rest, HELP);
  if (action === 'train') return (await import('./models-train.ts')).modelsTrain(rest, HELP);
  process.stderr.write(
    `routescope models: ${action ?? 'nothing'} is neither evaluate nor train; see --help\n`,
  );
  return EXIT.usage;
}

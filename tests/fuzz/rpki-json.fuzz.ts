import { runFuzzer } from './harness.ts';
import { RpkiJsonTarget } from './rpki-target.ts';

runFuzzer(new RpkiJsonTarget());

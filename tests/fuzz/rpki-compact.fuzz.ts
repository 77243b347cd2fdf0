import { runFuzzer } from './harness.ts';
import { RpkiCompactTarget } from './rpki-target.ts';

runFuzzer(new RpkiCompactTarget());

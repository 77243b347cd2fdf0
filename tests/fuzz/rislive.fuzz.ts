import { runFuzzer } from './harness.ts';
import { RisLiveTarget } from './json-target.ts';

runFuzzer(new RisLiveTarget());

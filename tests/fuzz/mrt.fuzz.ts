import { runFuzzer } from './harness.ts';
import { MrtTarget } from './mrt-target.ts';

runFuzzer(new MrtTarget());

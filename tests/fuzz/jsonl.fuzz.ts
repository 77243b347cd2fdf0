import { runFuzzer } from './harness.ts';
import { JsonlTarget } from './json-target.ts';

runFuzzer(new JsonlTarget());

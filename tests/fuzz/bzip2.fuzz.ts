import { Bzip2Target } from './bzip2-target.ts';
import { runFuzzer } from './harness.ts';

runFuzzer(new Bzip2Target());

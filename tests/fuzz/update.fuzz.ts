import { runFuzzer } from './harness.ts';
import { UpdateTarget } from './update-target.ts';

runFuzzer(new UpdateTarget());

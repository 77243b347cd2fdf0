import { FrameLogTarget } from './frame-target.ts';
import { runFuzzer } from './harness.ts';

runFuzzer(new FrameLogTarget());

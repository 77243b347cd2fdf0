import { FrameTarget } from './frame-target.ts';
import { runFuzzer } from './harness.ts';

runFuzzer(new FrameTarget());

import type { FromThread } from '../thread/messages.ts';
import type { FeatureServiceStats } from './service.ts';

/** What the feature thread is started with. */
export interface FeatureSettings {
  /** Where it keeps what is for its next run. */
  readonly path: string;
}

/** To the feature thread. */
export type ToFeatures =
  | { readonly op: 'frame'; readonly frame: Uint8Array }
  /** Frames before the next one were let go. */
  | { readonly op: 'gap' }
  | { readonly op: 'starts-over' }
  | { readonly op: 'history'; readonly id: number }
  | { readonly op: 'close' };

/** From it. */
export type FromFeatures =
  | { readonly op: 'tick'; readonly takenBytes: number; readonly stats: FeatureServiceStats }
  | { readonly op: 'history'; readonly id: number; readonly bytes: Uint8Array | null }
  | FromThread;

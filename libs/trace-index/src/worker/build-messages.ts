import type { BuildOptions, BuiltIndex } from '../index/build-index.js';
import type { Failure } from './task-messages.js';

/** To a build worker: what it can be told of a build. */
export type BuildRequest = Pick<BuildOptions, 'tracePath' | 'indexPath' | 'format' | 'chunkBytes'>;

/** From a build worker: how far it is, now and then, and finally what became of it. */
export type BuildAnswer =
  | { readonly progress: number }
  | { readonly built: Pick<BuiltIndex, 'bytes'> }
  /** The file has more distinct values than an index keeps. */
  | { readonly unsuitable: string }
  | { readonly failure: Failure };

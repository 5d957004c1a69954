import type { BuildOptions, BuiltIndex } from '../index/build-index.js';
import type { InflateOptions } from '../index/inflate-file.js';
import type { Failure } from './task-messages.js';

/** What can be told of a build. */
export type BuildRequest = Pick<BuildOptions, 'tracePath' | 'indexPath' | 'format' | 'chunkBytes'>;

/** To a build worker: build an index, or inflate a file for the one who does. */
export type BuildMessage =
  | (BuildRequest & Pick<BuildOptions, 'ring'> & { readonly kind: 'build' })
  | (InflateOptions & { readonly kind: 'inflate' });

/** From a build worker: how far it is, now and then, and finally what became of it. */
export type BuildAnswer =
  | { readonly progress: number }
  | { readonly built: Pick<BuiltIndex, 'bytes'> }
  | { readonly inflated: true }
  /** The file has more distinct values than an index keeps. */
  | { readonly unsuitable: string }
  | { readonly failure: Failure };

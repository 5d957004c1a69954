export { inflate, inflate_marks, inflate_reopen, inflate_state } from './inflate';

/** First byte that belongs to the host: everything below is static data of the kernels. */
export function heap_base(): usize {
  return __heap_base;
}

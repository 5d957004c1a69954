export { inflate, inflate_reopen, inflate_state } from './inflate';

/** First byte that belongs to the host: everything below is static data of the kernels. */
export function heap_base(): usize {
  return __heap_base;
}
export { add_lane, dictionary_record, dictionary_rehash, find_text } from './dictionary';
export {
  add_class,
  add_text,
  full_dictionary,
  hash_places,
  note_hash,
  scan,
  scan_hash_bits,
  scan_reset,
  scan_state,
} from './scan';
export { columns_sketch, columns_state, decode, encode, fold } from './columns';
export { count_lines, gather, locate, skip_lines } from './lines';
export { keep_window, pack_window } from './window';

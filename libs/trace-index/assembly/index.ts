export { inflate, inflate_reopen, inflate_state } from './inflate';

/** First byte that belongs to the host: everything below is static data of the kernels. */
export function heap_base(): usize {
  return __heap_base;
}
export { add_lane, dictionary_record, dictionary_rehash, find_text } from './dictionary';
export { hash_places, note_hash, scan_hash_bits } from './args';
export { add_class, add_text, full_dictionary, scan, scan_reset } from './scan';
export { scan_state } from './scan-state';
export { columns_sketch, fold } from './chunk-fold';
export { density, density_state } from './density';
export { columns_state, decode, encode } from './segment';
export { count_lines, gather, locate, shift_times, skip_lines } from './lines';
export { keep_window, pack_window, unpack_window } from './window';
export { checksum_add, checksum_begin, checksum_end } from './checksum';

import { InMemorySpanStore } from './in-memory-span-store.js';
import { spanStoreContract } from './testing/span-store.contract.js';

spanStoreContract('InMemorySpanStore', () => Promise.resolve(new InMemorySpanStore(['env'])));

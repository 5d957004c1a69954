import { dmEventStoreContract } from '../testing/dm-event-store.contract.js';
import { InMemoryDmEventStore } from './in-memory-dm-event-store.js';

dmEventStoreContract('InMemoryDmEventStore', () => Promise.resolve(new InMemoryDmEventStore()));

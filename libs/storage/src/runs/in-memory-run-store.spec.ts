import { runStoreContract } from '../testing/run-store.contract.js';
import { InMemoryRunStore } from './in-memory-run-store.js';

runStoreContract('InMemoryRunStore', (mostSteps) => Promise.resolve(new InMemoryRunStore(mostSteps)));

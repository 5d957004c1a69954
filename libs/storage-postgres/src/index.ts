export { Database } from './database.js';

export { BooleanField, IntField, StringField } from './properties.js';

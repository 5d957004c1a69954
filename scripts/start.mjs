/** `npm start`: installs and builds if needed, then runs the whole suite until Ctrl-C. Arguments go to `tracer up`. */
import { assertNode, buildIfNeeded, installIfNeeded } from './prepare.mjs';

assertNode();
installIfNeeded();
buildIfNeeded();
process.argv.splice(1, process.argv.length, 'tracer', 'up', ...process.argv.slice(2));
await import('../dist/apps/tracer/src/main.js');

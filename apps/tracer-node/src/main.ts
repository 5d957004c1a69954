import 'reflect-metadata';
import { runApp } from '@tracer/service-kit';
import { app } from './app.js';

await runApp(app, { env: process.env, argv: process.argv.slice(2) });

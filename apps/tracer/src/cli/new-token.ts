/** In a file of its own so that it is loaded only when it is asked for: it comes with the frame of the services. */
export { tokenFor } from '@tracer/service-kit';

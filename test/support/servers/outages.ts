import type { Server } from './server.js';

/** The methods by which a harness ends a server of its own, and brings it back. */
export const outages = (server: () => Server) => ({
  stop: async (): Promise<void> => server()?.stop(),
  down: (): Promise<void> => server().kill(),
  silent: async (): Promise<void> => server().pause(),
  up: async (): Promise<void> => {
    server().resume();
    await server().start();
  },
});

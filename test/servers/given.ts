import { composeServer } from './compose.js';
import { type Server, UnavailableError } from './server.js';

/** How a server can be had besides a program of this machine. */
export interface Sources {
  /** The test kills or freezes it. */
  own?: boolean | undefined;
  /** Options that a server given by URL may not have; any that is set rules it out. */
  special?: object;
  /** Its service in compose.yaml. */
  service: string;
  /** The port inside the container, the scheme of its URL, and how to ask whether it is ready. */
  compose?: { port: number; url(port: number): string; ready(url: string): Promise<boolean>; override?: object };
}

/**
 * The started server: from the environment's `TEST_<NAME>_URL`, else by `program`, which throws UnavailableError where it
 * cannot, else from Docker Compose, where a daemon answers.
 */
export async function given<S extends Server>(name: string, sources: Sources, program: () => Promise<S>): Promise<S | Server> {
  const url = process.env[`TEST_${name.toUpperCase()}_URL`];
  const plain = !sources.own && Object.values(sources.special ?? {}).every((value) => value === undefined || value === false);
  if (url !== undefined && url !== '' && plain) return fromUrl(name, url);
  const server = await program().catch(async (error: unknown) => {
    if (!(error instanceof UnavailableError) || sources.compose === undefined) throw error;
    return composeServer(name, sources.service, sources.compose, error);
  });
  await server.start();
  return server;
}

/** A server that runs elsewhere; it can be used, not controlled. */
function fromUrl(name: string, url: string): Server {
  const refuse = () => {
    throw new Error(`the ${name} of TEST_${name.toUpperCase()}_URL is not ours to end: ask for it with { own: true }`);
  };
  return {
    url,
    own: false,
    start: async () => {},
    stop: async () => {},
    kill: async () => refuse(),
    pause: refuse,
    resume: refuse,
  };
}

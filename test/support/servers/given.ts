import { composeServer } from './compose.js';
import { type Server, UnavailableError } from './server.js';

/** A service of compose.yaml, which has the server's name. */
export interface ComposeService {
  /** The URL for its port on this machine. */
  url(port: number): string;
  ready(url: string): Promise<boolean>;
  /** Merged into the service. */
  override?: object;
}

/** How a server can be had besides a program of this machine. */
export interface Sources {
  /** The test kills or freezes it. */
  own?: boolean | undefined;
  /** Options that a server given by URL may not have; any that is set rules it out. */
  special?: object;
  /** Undefined where Compose's would not do. */
  compose: ComposeService | undefined;
}

/**
 * The started server: from the environment's `TEST_<NAME>_URL`, else by `program`, which throws UnavailableError where it
 * cannot, else from Docker Compose, where a daemon answers.
 */
export async function given<S extends Server>(
  name: string,
  sources: Sources,
  program: () => Promise<S>,
): Promise<S | Server> {
  const { own, special = {}, compose } = sources;
  const url = process.env[`TEST_${name.toUpperCase()}_URL`];
  const plain =
    !own && Object.values(special).every((value) => value === undefined || value === false);
  if (url !== undefined && url !== '' && plain) return fromUrl(name, url);
  const server = await program().catch((error: unknown) => {
    if (!(error instanceof UnavailableError) || compose === undefined) throw error;
    return composeServer(name, compose, error);
  });
  await server.start();
  return server;
}

/** A server that runs elsewhere; it can be used, not controlled. */
function fromUrl(name: string, url: string): Server {
  const refuse = () => {
    throw new Error(
      `the ${name} of TEST_${name.toUpperCase()}_URL is not ours to end: ask for it with { own: true }`,
    );
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

import type { MongoClient } from 'mongodb';
import { clearTimeout, setImmediate } from '../../timing/real-timers.js';

/**
 * The parts of the driver that keep a program running. A part that another version does not have is
 * left alone.
 */
interface Insides {
  readonly topology?: {
    readonly s?: {
      readonly servers?: ReadonlyMap<string, ServerInsides>;
      readonly srvPoller?: { readonly _timeout?: Unrefable };
    };
  };
}

interface ServerInsides {
  readonly monitor?: {
    readonly monitorId?: { readonly timerId?: Unrefable };
    readonly connection?: ConnectionInsides;
  } | null;
  readonly pool?: {
    readonly connections?: Iterable<ConnectionInsides>;
    readonly minPoolSizeTimer?: NodeJS.Timeout;
  };
}

interface ConnectionInsides {
  readonly socket?: Unrefable;
}

/** A timer or a socket. */
type Unrefable = { unref?(): unknown } | null;

/** After each of these the driver sets a timer or has a new connection. */
const EVENTS = [
  'serverHeartbeatSucceeded',
  'serverHeartbeatFailed',
  'connectionPoolReady',
  'connectionReady',
] as const;

/**
 * Lets a program end that has not closed this client: the driver's timers for watching servers, and
 * its sockets over TLS, would keep it running for ever, and it has no option against it.
 */
export function unrefClient(client: MongoClient): void {
  for (const event of EVENTS)
    client.on(event, () => setImmediate(() => letGo(client as unknown as Insides)));
}

function letGo({ topology }: Insides): void {
  topology?.s?.srvPoller?._timeout?.unref?.();
  for (const { monitor, pool } of topology?.s?.servers?.values() ?? []) {
    monitor?.monitorId?.timerId?.unref?.();
    monitor?.connection?.socket?.unref?.();
    // Each tenth of a second it looks whether the pool has as few connections as it may have: we
    // ask for none.
    clearTimeout(pool?.minPoolSizeTimer);
    for (const { socket } of pool?.connections ?? []) socket?.unref?.();
  }
}

import { startRedis } from '../../support/servers/redis.js';

/** Starts a Redis, says where, and waits to be killed. */
const server = await startRedis({ own: true });
console.log(server.url);
setInterval(() => {}, 1_000);

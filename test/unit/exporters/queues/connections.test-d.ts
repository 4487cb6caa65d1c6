/** Which connections the compiler must accept for `CeleryQueue`, and which not. It is compiled, never run. */
import type { Channel, ChannelModel } from 'amqplib';
import type {
  Channel as CallbackChannel,
  Connection as CallbackConnection,
} from 'amqplib/callback_api';
import { expectTypeOf } from 'expect-type';
import type { Cluster, Redis } from 'ioredis';
import { CeleryQueue, type CeleryQueueOptions } from '../../../../exporters/queues/celery/index.js';
import type { AmqpConnection, RedisConnection } from '../../../../exporters/queues/celery/queue.js';
// What programs have with amqplib before version 2, which brings its own types.
import type { ChannelModel as OlderChannelModel } from '../../../../node_modules/@types/amqplib/index.js';

declare const redis: Redis;
declare const cluster: Cluster;
declare const amqp: ChannelModel;
declare const channel: Channel;

expectTypeOf<Redis>().toExtend<RedisConnection>();
expectTypeOf<ChannelModel>().toExtend<AmqpConnection>();
expectTypeOf<OlderChannelModel>().toExtend<AmqpConnection>();
new CeleryQueue({ connection: redis });
new CeleryQueue({ connection: amqp });
expectTypeOf<Redis | ChannelModel>().toExtend<NonNullable<CeleryQueueOptions['connection']>>();
// @ts-expect-error Celery's keys lie on many nodes of a cluster
new CeleryQueue({ connection: cluster });
// @ts-expect-error a channel is no connection
new CeleryQueue({ connection: channel });
// @ts-expect-error nor is a pipeline
new CeleryQueue({ connection: redis.pipeline() });
// @ts-expect-error nor a URL
new CeleryQueue({ connection: 'redis://localhost' });
expectTypeOf<CallbackConnection>().not.toExtend<AmqpConnection>();
expectTypeOf<CallbackChannel>().not.toExtend<AmqpConnection>();

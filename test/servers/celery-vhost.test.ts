import { expect } from 'chai';
import { AmqpLink } from '../../exporters/queues/celery/amqp/connection.js';
import { startRabbit } from '../support/servers/rabbitmq.js';
import { requireServer, type Server } from '../support/servers/server.js';

describe('a virtual host of RabbitMQ', () => {
  let server: Server;

  before(async function () {
    server = await requireServer(this, startRabbit, { own: true });
  });

  after(() => server?.stop());

  it('that does not exist is for somebody to fix', async () => {
    const link = new AmqpLink(undefined, [`${server.url}/nowhere`], 0);
    const error = await link.open().then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(error).to.have.property('code', 'KANEDA_IMPROPERLY_CONFIGURED');
    expect(error).to.have.property('message').that.includes('the virtual host');
    await link.close();
  });

  it('that exists is connected to', async () => {
    const link = new AmqpLink(undefined, [`${server.url}/%2F`], 0);
    await link.open();
    await link.close();
  });
});

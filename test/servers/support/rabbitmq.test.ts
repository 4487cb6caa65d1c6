import { type ChannelModel, connect } from 'amqplib';
import { expect } from 'chai';
import { startRabbit } from '../../support/servers/rabbitmq.js';
import { requireServer, type Server } from '../../support/servers/server.js';
import { silence } from '../../support/servers/silence.js';

describe('the RabbitMQ fixture', () => {
  let server: Server;
  let connection: ChannelModel;
  const open = async () => {
    connection = await connect(server.url);
    connection.on('error', () => {});
    const channel = await connection.createConfirmChannel();
    await channel.assertQueue('q', { durable: true });
    return channel;
  };
  before(async function () {
    server = await requireServer(this, startRabbit, { own: true });
  });
  after(async () => {
    await connection?.close().catch(() => {});
    await server?.stop();
  });

  it('keeps what it confirmed over kill -9', async function () {
    this.timeout(120_000);
    await open();
    await connection.close();
    await server.stop();
    await server.start();
    const channel = await open();
    channel.sendToQueue('q', Buffer.from('kept'), { persistent: true });
    await channel.waitForConfirms();
    await server.kill();
    await server.start();
    const again = await open();
    const message = await again.get('q', { noAck: true });
    expect(message ? message.content.toString() : 'no message').to.equal('kept');
  });

  it('answers nothing while it is frozen', async () => {
    const channel = await connection.createChannel();
    server.pause();
    const answer = channel.checkQueue('q');
    expect(await Promise.race([answer, silence(200)])).to.equal('silence');
    server.resume();
    expect(await answer).to.have.property('messageCount', 0);
  });
});

import type { ConfirmChannel, ConsumeMessage } from 'amqplib';
import { expect } from 'chai';
import { Acknowledger } from '../../../../exporters/queues/celery/amqp/acknowledger.js';

describe('Acknowledgements over AMQP', () => {
  const message = (deliveryTag: number) => ({ fields: { deliveryTag } }) as ConsumeMessage;
  let frames: unknown[];
  let acknowledger: Acknowledger;

  beforeEach(() => {
    frames = [];
    const channel = {
      ack: ({ fields }: ConsumeMessage, upTo = false) =>
        frames.push(`${upTo ? 'all up to ' : ''}${fields.deliveryTag}`),
      nack: ({ fields }: ConsumeMessage, upTo: boolean, again: boolean) => {
        expect({ upTo, again }).to.deep.equal({ upTo: false, again: true });
        frames.push(`back ${fields.deliveryTag}`);
      },
    };
    acknowledger = new Acknowledger(channel as unknown as ConfirmChannel);
    for (let tag = 1; tag <= 9; tag++) acknowledger.received(message(tag));
  });

  const acknowledge = (...tags: number[]) =>
    Promise.all(tags.map((tag) => acknowledger.acknowledge(message(tag))));

  it('go in one frame for all that are done in one turn, in whatever order', async () => {
    await acknowledge(3, 1, 2);
    await acknowledge(4, 5);
    expect(frames).to.deep.equal(['all up to 3', 'all up to 5']);
  });

  it('wait for what came before', async () => {
    await acknowledge(1, 3, 4);
    expect(frames).to.deep.equal(['all up to 1']);
    await acknowledge(2, 5);
    expect(frames).to.deep.equal(['all up to 1', 'all up to 5']);
  });

  it('go one by one when they must not wait any longer', async () => {
    await acknowledge(1, 3, 4);
    acknowledger.flush();
    await acknowledge(2);
    acknowledger.flush();
    expect(frames).to.deep.equal(['all up to 1', '3', '4', 'all up to 2']);
  });

  it('do not touch what was given back', async () => {
    await acknowledger.giveBack(message(2));
    await acknowledge(1, 3);
    expect(frames).to.deep.equal(['back 2', 'all up to 3']);
  });

  it('go once, whatever is said twice', async () => {
    await acknowledge(1, 1);
    await acknowledge(1);
    expect(frames).to.deep.equal(['all up to 1']);
  });
});

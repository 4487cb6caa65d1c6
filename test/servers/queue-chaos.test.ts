import { expect } from 'chai';
import { QUEUE_NAMES, queueChaos } from '../chaos/queue.js';
import { orSkip } from '../support/servers/server.js';

describe('kill -9 of application, broker, worker and store', () => {
  for (const name of QUEUE_NAMES) {
    it(`loses nothing that was acknowledged, and stores nothing twice (${name})`, async function () {
      const result = await orSkip(this, () => queueChaos(name, 5));
      expect(result).to.include({ lost: 0, twice: 0, dead: 0 });
      expect(result.acknowledged).to.be.above(0);
    }).timeout(300_000);
  }
});

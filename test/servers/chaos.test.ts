import { expect } from 'chai';
import { bringChaos } from '../chaos/chaos.js';
import { STORES } from '../chaos/stores.js';
import { orSkip } from '../support/servers/server.js';

/** Its restart takes a quarter of a minute. */
const ROUNDS: Readonly<Record<string, number>> = { elasticsearch: 3 };

describe('kill -9 of application, store and both', () => {
  for (const [name, { atLeastOnce }] of Object.entries(STORES)) {
    it(`loses nothing and stores nothing twice: ${name}`, async function () {
      const counts = await orSkip(this, () => bringChaos(name, ROUNDS[name] ?? 6));
      expect(counts.acknowledged).to.be.above(0);
      expect(counts, JSON.stringify(counts)).to.deep.include({ lost: 0, refused: {} });
      if (!atLeastOnce) expect(counts.twice).to.equal(0);
    });
  }
});

import http from 'node:http';
import { expect } from 'chai';
import type { RequestTracker } from '../../../../src/cantal/request-tracker.js';
import { until } from '../../../support/until.js';
import { type App, FRAMEWORKS, Slow } from './apps.js';
import { abort, get, listen, shown, tracker } from './clients.js';

for (const [name, { start, cuts }] of Object.entries(FRAMEWORKS)) {
  describe(`requests of ${name}`, () => {
    let requests: RequestTracker;
    let slow: Slow;
    let app: App;
    let port: number;

    beforeEach(async () => {
      requests = tracker();
      slow = new Slow();
      app = await start({ tracker: requests }, slow);
      port = await listen(app.server);
    });

    afterEach(async () => {
      slow.release();
      app.server.closeAllConnections();
      await app.close();
    });

    it('are counted and timed, over one connection too', async () => {
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      for (let i = 0; i < 3; i++) expect(await get(port, '/ok', agent)).to.equal(200);
      await until(() => requests.inProgress.get() === 0);
      agent.destroy();
      expect(shown(requests)).to.deep.equal({ requests: 3, errors: 0, inProgress: 0 });
    });

    it('fail by a status of 500 or more, and by what a handler throws', async () => {
      expect(await get(port, '/fail')).to.be.at.least(500);
      expect(await get(port, '/missing')).to.equal(404);
      await until(() => requests.inProgress.get() === 0);
      expect(shown(requests)).to.deep.equal({ requests: 2, errors: 1, inProgress: 0 });
    });

    it('are in progress until they are answered', async () => {
      const answered = get(port, '/slow');
      await slow.entered;
      expect(shown(requests)).to.deep.equal({ requests: 0, errors: 0, inProgress: 1 });
      slow.release();
      await answered;
      await until(() => requests.inProgress.get() === 0);
      expect(shown(requests)).to.deep.equal({ requests: 1, errors: 0, inProgress: 0 });
    });

    it('come back from in progress when the client gives up, which is no error', async () => {
      await abort(port, '/slow', slow.entered);
      await until(() => requests.inProgress.get() === 0);
      expect(shown(requests)).to.deep.equal({ requests: 1, errors: 0, inProgress: 0 });
    });

    if (cuts) {
      it('fail when the server cuts the answer off', async () => {
        await get(port, '/cut').catch(() => {});
        await until(() => requests.inProgress.get() === 0);
        expect(shown(requests)).to.deep.equal({ requests: 1, errors: 1, inProgress: 0 });
      });
    }
  });
}

import { expect } from 'chai';
import { Metrics } from '../../../../src/index.js';
import { forApplication } from '../../../../src/settings/build.js';
import { loadSettings } from '../../../../src/settings/settings.js';
import { directory } from '../../../support/places.js';
import { MemoryStore } from './support.js';

describe('The option instance', () => {
  for (const mode of ['aggregate', 'individual'] as const)
    it(`names the process in every report, in mode ${mode}, also of a child`, async () => {
      const store = new MemoryStore();
      const named = new Metrics({ backend: store, mode, instance: 'web-1' });
      const other = new Metrics({ backend: store, mode });
      named.increment('views');
      named.with({ prefix: 'a.' }).event('deploy', 'now');
      other.increment('other');
      await Promise.all([named.close(), other.close()]);
      const instances = new Map(store.reports.map(({ name, instance }) => [name, instance]));
      expect(instances.get('views')).to.equal('web-1');
      expect(instances.get('a.deploy')).to.equal('web-1');
      expect(instances.get('other')).to.match(new RegExp(`:${process.pid}$`));
    });

  it('must be a text', () => {
    expect(() => new Metrics({ instance: '' })).to.throw('instance');
    expect(() => new Metrics({ instance: 5 as unknown as string })).to.throw('instance');
  });

  it('comes from the setting INSTANCE', () => {
    const place = directory();
    try {
      const env = { KANEDA_INSTANCE: 'web-2' };
      const settings = loadSettings({ cwd: place.path, env });
      expect(forApplication(settings).instance).to.equal('web-2');
      expect(forApplication(loadSettings({ cwd: place.path, env: {} }))).to.not.have.key(
        'instance',
      );
    } finally {
      place.discard();
    }
  });
});

import { expect } from 'chai';
import { fromEnvironment, ownResource } from '../../../../src/pipeline/resource.js';

describe('the resource of a program', () => {
  it('reads OpenTelemetry variables, decoded; the service name has one of its own', () => {
    const OTEL_RESOURCE_ATTRIBUTES = 'service.name=old, team = a%2Cb ,empty=,equals=a=b';
    expect(fromEnvironment({ OTEL_RESOURCE_ATTRIBUTES, OTEL_SERVICE_NAME: 'shop' })).to.deep.equal({
      'service.name': 'shop',
      team: 'a,b',
      empty: '',
      equals: 'a=b',
    });
  });

  it('leaves out what is no attribute', () => {
    expect(fromEnvironment({ OTEL_RESOURCE_ATTRIBUTES: 'novalue,=x,bad=%zz,,ok=1' })).to.deep.equal(
      { ok: '1' },
    );
    expect(fromEnvironment({})).to.deep.equal({});
  });

  it('is one and the same, and can be merged with others', () => {
    const own = ownResource();
    expect(ownResource()).to.equal(own);
    expect(own.attributes).to.include.keys(
      'service.name',
      'service.instance.id',
      'host.name',
      'process.pid',
    );
    const merged = own.merge({ ...own, attributes: { 'service.name': 'other' } });
    expect(merged.attributes['service.name']).to.equal('other');
    expect(merged.getRawAttributes()).to.deep.equal(Object.entries(merged.attributes));
    expect(own.merge(null).attributes).to.deep.equal(own.attributes);
  });
});

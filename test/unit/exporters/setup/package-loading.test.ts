import { expect } from 'chai';
import { exportsOf } from '../../../../exporters/setup/package-loading.js';

describe('The exports of a module that was imported', () => {
  const names = { Client: class {} };

  it('are the names beside `default`', () => {
    const module = { ...names, default: {} };
    expect(exportsOf(module)).to.equal(module);
  });

  it('are those of `default` where a bundle gives nothing else', () => {
    expect(exportsOf({ default: names })).to.equal(names);
  });

  it('are said to be missing where the bundle has not come to them', () => {
    expect(() => exportsOf(undefined))
      .to.throw(/import that package in the program/)
      .with.property('code', 'KANEDA_IMPROPERLY_CONFIGURED');
  });
});

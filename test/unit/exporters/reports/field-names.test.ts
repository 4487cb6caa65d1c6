import { expect } from 'chai';
import { addOwnField, prefixedName } from '../../../../exporters/reports/field-names.js';
import type { Report } from '../../../../exporters/reports/report.js';
import { toDocument as toMongo } from '../../../../exporters/stores/mongodb/documents.js';
import { toDocument as toRethink } from '../../../../exporters/stores/rethinkdb/documents.js';

describe("A field of the user's whose name is taken", () => {
  it('is prefixed as often as it takes', () => {
    expect(prefixedName('host')).to.equal('field_host');
    expect(prefixedName('host', { field_host: 1 }, { field_field_host: 1 })).to.equal(
      'field_field_field_host',
    );
  });

  it('keeps its value beside a field of ours, and that of a neighbour named alike', () => {
    const document: Record<string, unknown> = { app_name: 'own', field_app_name: 'other' };
    addOwnField(document, 'app_name', 'shop');
    addOwnField(document, 'instance', 'h:1');
    expect(document).to.deep.equal({
      app_name: 'shop',
      instance: 'h:1',
      field_app_name: 'other',
      field_field_app_name: 'own',
    });
    addOwnField(document, 'app_name', undefined);
    expect(document.app_name).to.equal('shop');
  });

  for (const [store, toDocument] of [
    ['MongoDB', toMongo],
    ['RethinkDB', toRethink],
  ] as const) {
    it(`does not lose a value in ${store}`, () => {
      const report: Report = {
        id: 'i',
        name: 'n',
        metric: 'm',
        fields: { app_name: 'own', field_app_name: 'other', instance: 5, distribution: [6] },
        timestamp: new Date(),
        host: 'h',
        instance: 'h:1',
        distribution: { bounds: [], counts: [1] },
        appName: 'shop',
      };
      const document = toDocument(report);
      expect(Object.values(document)).to.include.members(['own', 'other', 'shop', 'h:1', 5]);
      expect(document).to.deep.include({
        distribution: { bounds: [], counts: [1] },
        field_distribution: [6],
      });
    });
  }
});

import type { Client } from '@elastic/elasticsearch';
import { expect } from 'chai';
import { ensureTemplate } from '../../../../../exporters/stores/elasticsearch/setup.js';
import {
  indexTemplate,
  templateName,
} from '../../../../../exporters/stores/elasticsearch/template.js';

interface Template {
  index_patterns: string[];
  version?: number;
  _meta?: { managed_by?: string };
}

/** The part of the client that templates are made with, over templates that are there; a put may be answered with a failure. */
function cluster({
  composable = {},
  legacy = {},
  refusals = [],
}: {
  composable?: Record<string, Template>;
  legacy?: Record<string, { index_patterns: string[] }>;
  refusals?: object[];
}) {
  const puts: { name: string; create?: boolean }[] = [];
  const client = {
    indices: {
      getIndexTemplate: async () => ({
        index_templates: Object.entries(composable).map(([name, index_template]) => ({
          name,
          index_template,
        })),
      }),
      getTemplate: async () => legacy,
      putIndexTemplate: async (request: { name: string; create?: boolean }) => {
        const refusal = refusals.shift();
        if (refusal !== undefined)
          throw Object.assign(new Error('refused'), { name: 'ResponseError' }, refusal);
        puts.push({ name: request.name, create: request.create! });
        return { acknowledged: true };
      },
    },
  } as unknown as Client;
  const ensure = () =>
    ensureTemplate(client, 'app', 'app-2026.11.23', new AbortController().signal);
  return { ensure, puts, composable };
}

/** A refusal as the client throws it. */
const refused = (status: number, type: string, reason = '') => ({
  statusCode: status,
  body: { error: { type, reason }, status },
});

const ours = (version: number): Template => ({
  index_patterns: ['app-*'],
  version,
  _meta: { managed_by: 'kaneda-otel' },
});

describe('The index template', () => {
  it('is created where there is none', async () => {
    const { ensure, puts } = cluster({});
    expect(await ensure()).to.equal(undefined);
    expect(puts).to.deep.equal([{ name: 'app@kaneda', create: true }]);
  });

  it('replaces an older one of ours, never a newer one or one that the user took over', async () => {
    const versions = indexTemplate('app').version!;
    for (const [template, expected] of [
      [ours(versions - 1), 1],
      [ours(versions), 0],
      [ours(versions + 1), 0],
      [{ ...ours(versions - 1), _meta: {} }, 0],
    ] as const) {
      const { ensure, puts } = cluster({ composable: { [templateName('app')]: template } });
      expect(await ensure()).to.equal(undefined);
      expect(puts).to.have.lengthOf(expected);
    }
  });

  it("leaves the indices to a template of the user's own, composable or legacy, unless that is meant for all", async () => {
    for (const [pattern, expected] of [
      ['app-*', 0],
      ['app*', 0],
      ['app-20*.??', 1],
      ['a*-*.*.*', 0],
      ['other-*', 1],
      ['*', 1],
      ['*-2026*', 1],
    ] as const) {
      for (const kind of ['composable', 'legacy'] as const) {
        const { ensure, puts } = cluster({ [kind]: { mine: { index_patterns: [pattern] } } });
        await ensure();
        expect(puts, `${kind} ${pattern}`).to.have.lengthOf(expected);
      }
    }
    const { ensure, puts } = cluster({
      composable: { 'a@kaneda': { ...ours(1), index_patterns: ['a*'] } },
    });
    await ensure();
    expect(puts).to.have.lengthOf(1);
  });

  it('is more wanted the more exact its name is, and less than those of Elasticsearch itself', () => {
    const priorities = ['app', 'app-billing', 'x'.repeat(200)].map(
      (name) => indexTemplate(name).priority!,
    );
    expect(priorities).to.deep.equal([...priorities].sort((a, b) => a - b));
    expect(Math.max(...priorities)).to.be.below(100);
  });

  it('looks again when another process was faster', async () => {
    const { ensure, puts, composable } = cluster({
      refusals: [refused(400, 'illegal_argument_exception')],
    });
    const done = ensure();
    composable[templateName('app')] = ours(indexTemplate('app').version!);
    expect(await done).to.equal(undefined);
    expect(puts).to.have.lengthOf(0);
  });

  it('says what an administrator would run when it may not be made', async () => {
    const { ensure } = cluster({ refusals: [refused(403, 'security_exception', 'no rights')] });
    const said = await ensure();
    expect(said)
      .to.include('curl -X PUT')
      .and.include('/_index_template/app@kaneda')
      .and.include('"app-*"')
      .and.include('no rights');
    const body = JSON.parse(/-d '(.*)'/.exec(said!)![1]!);
    const { name: _, ...wanted } = indexTemplate('app');
    expect(body).to.deep.equal(JSON.parse(JSON.stringify(wanted)));
  });

  it('gives up on a template that is in the way, and says which', async () => {
    const refusal = refused(400, 'illegal_argument_exception', 'same priority as [mine]');
    const said = await cluster({ refusals: [refusal, refusal, refusal] }).ensure();
    expect(said).to.include('same priority as [mine]');
  });

  it('is not what a wrong password is about: that is said of the write', async () => {
    const refusal = refused(401, 'security_exception');
    const failure = await cluster({ refusals: [refusal] })
      .ensure()
      .catch((error: unknown) => error);
    expect(failure).to.have.property('code', 'KANEDA_IMPROPERLY_CONFIGURED');
  });

  it('waits for a server that knows it: an older one refuses its fields', async () => {
    const refusal = refused(400, 'x_content_parse_exception', 'unknown field');
    const failure = await cluster({ refusals: [refusal] })
      .ensure()
      .catch((error: unknown) => error);
    expect(failure).to.have.property('code', 'KANEDA_IMPROPERLY_CONFIGURED');
    expect((failure as Error).message)
      .to.include('too old')
      .and.to.include('8.8 or later');
  });

  for (const [status, body] of [
    [400, 'Bad Request'],
    [403, '<html><h1>Forbidden</h1></html>'],
    [404, 'default backend - 404'],
    [404, { ok: false, message: 'Unknown deployment.' }],
    [405, ''],
    [410, { error: 'Gone', statusCode: 410 }],
  ] as const) {
    it(`is not decided by a proxy's ${status} ${JSON.stringify(body)}`, async () => {
      const failure = await cluster({ refusals: [{ statusCode: status, body }] })
        .ensure()
        .catch((error: unknown) => error);
      expect(failure).to.have.property('code', 'KANEDA_IMPROPERLY_CONFIGURED');
      expect((failure as Error).message).to.include(`${status}`);
    });
  }

  it('is tried again when the server is not there', async () => {
    const failure = await cluster({ refusals: [{ name: 'ConnectionError' }] })
      .ensure()
      .catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(Error).with.property('name', 'Error');
  });
});

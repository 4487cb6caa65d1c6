import type { IncomingMessage } from 'node:http';
import { expect } from 'chai';
import { objections } from '../../../../support/influxdb/write-request.js';

const LINE =
  'gauge,host=a,route=/1\\ b name="x \\"y\\"",value=1.5e-7,n=3i,ok=true 1795428000250991518';
const asked = (change: { method?: string; url?: string; headers?: object; body?: string } = {}) => {
  const { body = LINE } = change;
  const headers = {
    authorization: 'Token t',
    'content-type': 'text/plain; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    ...change.headers,
  };
  const { method = 'POST', url = '/api/v2/write?org=o&bucket=b&precision=ns' } = change;
  return objections({ method, url, headers } as unknown as IncomingMessage, body);
};

describe('the stand-in for InfluxDB 2 and 3', () => {
  it('takes a write as it should be', () => {
    expect(asked()).to.deep.equal([]);
    expect(
      asked({
        url: '/api/v3/write_lp?db=d&precision=nanosecond&accept_partial=true',
        headers: { authorization: 'Bearer t' },
      }),
    ).to.deep.equal([]);
  });

  it('refuses what it does not know', () => {
    for (const change of [
      { method: 'PUT' },
      { url: '/write?db=d' },
      { url: '/api/v2/write?org=o&bucket=b&precision=ms' },
      { url: '/api/v2/write?org=o&precision=ns' },
      { url: '/api/v2/write?org=o&bucket=b&precision=ns&rp=x' },
      { headers: { authorization: 'Bearer t' } },
      { headers: { 'content-type': 'application/json' } },
      { headers: { 'content-length': '1' } },
      { body: '' },
      { body: '#gauge value=1 1795428000250991518' },
      { body: 'gauge value=NaN 1795428000250991518' },
      { body: 'gauge value=1 1795428000250' },
      { body: 'gauge,host= value=1 1795428000250991518' },
      { body: 'gauge text="a" b" 1795428000250991518' },
      { body: `${LINE}\n` },
    ])
      expect(asked(change), JSON.stringify(change)).to.not.deep.equal([]);
  });
});

import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import { startMongo } from '../../support/servers/ferretdb.js';
import { requireServer, type Server } from '../../support/servers/server.js';
import { silence } from '../../support/servers/silence.js';

describe('the MongoDB fixture', () => {
  let server: Server;
  let client: MongoClient;
  const documents = () => client.db('d').collection<{ _id: number }>('c');
  const connect = async () => {
    client = await MongoClient.connect(server.url, { serverSelectionTimeoutMS: 5_000 });
  };
  before(async function () {
    server = await requireServer(this, startMongo, { own: true });
    await connect();
  });
  after(async () => {
    await client?.close();
    await server?.stop();
  });

  it('keeps what it acknowledged over kill -9', async () => {
    await documents().insertMany([{ _id: 1 }, { _id: 2 }], {
      writeConcern: { w: 'majority', journal: true },
    });
    await server.kill();
    await server.start();
    await client.close();
    await connect();
    expect(await documents().countDocuments()).to.equal(2);
  });

  it('says which documents of a batch are duplicates', async () => {
    const error = await documents()
      .insertMany([{ _id: 1 }, { _id: 3 }], { ordered: false })
      .catch((e: unknown) => e);
    expect(error).to.have.property('code', 11_000);
    expect(await documents().countDocuments()).to.equal(3);
  });

  it('answers nothing while it is frozen', async () => {
    server.pause();
    const answer = documents().countDocuments();
    expect(await Promise.race([answer, silence(200)])).to.equal('silence');
    server.resume();
    expect(await answer).to.equal(3);
  });

  it('wants its password when it has one', async function () {
    const guarded = await requireServer(this, startMongo, { password: 'p4ss' });
    const ping = async (password: string) => {
      const auth = { username: 'admin', password };
      const one = new MongoClient(guarded.url, { auth, serverSelectionTimeoutMS: 2_000 });
      try {
        return await one.db('admin').collection('x').countDocuments();
      } finally {
        await one.close();
      }
    };
    try {
      expect(await ping('p4ss')).to.equal(0);
      expect(await ping('wrong').catch((e: { code: number }) => e.code)).to.equal(18);
    } finally {
      await guarded.stop();
    }
  });
});

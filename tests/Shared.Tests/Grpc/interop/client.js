// node client.js <echo.proto> <host:port>: runs every scenario against a server, prints "ok <name>" for each and fails on the first that does not hold.
'use strict';
const assert = require('node:assert/strict');
const { grpc, load } = require('./echo');
const Echo = load(process.argv[2]);
const client = new Echo(process.argv[3], grpc.credentials.createInsecure(), {
  'grpc.max_receive_message_length': 8 << 20,
});

const unary = (method, request, metadata = new grpc.Metadata(), options = {}) => new Promise((resolve) => {
  const seen = {};
  const call = client[method](request, metadata, options, (error, response) => { seen.error = error; seen.response = response; });
  call.on('metadata', (m) => { seen.headers = m; });
  call.on('status', (s) => { seen.status = s; setImmediate(() => resolve(seen)); });
  seen.call = call;
  options.started?.(call);
});

const collect = (call) => new Promise((resolve) => {
  const messages = [];
  call.on('data', (m) => messages.push(m));
  call.on('error', () => {}); // the status says it
  call.on('status', (status) => setImmediate(() => resolve({ messages, status })));
});

const scenarios = {
  async unary() {
    const metadata = new grpc.Metadata();
    metadata.set('x-echo', 'hello, world');
    metadata.set('x-echo-bin', Buffer.from([0, 1, 254, 255]));
    const { response, headers, status } = await unary('Say', { text: 'печат' }, metadata);
    assert.equal(response.text, 'печат');
    assert.deepEqual(headers.get('x-header'), ['hello, world']);
    assert.deepEqual(status.metadata.get('x-trailer'), ['hello, world']);
    assert.deepEqual(status.metadata.get('x-trailer-bin'), [Buffer.from([0, 1, 254, 255])]);
    assert.equal(status.code, grpc.status.OK);
  },
  async four_megabytes() {
    const data = Buffer.alloc((4 << 20) - 64, 0xa5);
    const { response } = await unary('Say', { data });
    assert.ok(data.equals(response.data));
  },
  async too_large() {
    const { status } = await unary('Say', { data: Buffer.alloc(4 << 20) });
    assert.equal(status.code, grpc.status.RESOURCE_EXHAUSTED);
  },
  async gzip() {
    const compressing = new Echo(process.argv[3], grpc.credentials.createInsecure(), {
      'grpc.default_compression_algorithm': grpc.compressionAlgorithms.gzip,
    });
    const text = 'squeeze '.repeat(5000);
    const response = await new Promise((resolve, reject) =>
      compressing.Say({ text }, (error, answer) => (error ? reject(error) : resolve(answer))));
    assert.equal(response.text, text);
    compressing.close();
  },
  async deflate_is_unimplemented() {
    const compressing = new Echo(process.argv[3], grpc.credentials.createInsecure(), {
      'grpc.default_compression_algorithm': grpc.compressionAlgorithms.deflate,
    });
    const error = await new Promise((resolve) => compressing.Say({ text: 'squeeze '.repeat(5000) }, resolve));
    assert.equal(error?.code, grpc.status.UNIMPLEMENTED);
    compressing.close();
  },
  async client_stream() {
    const joined = await new Promise((resolve, reject) => {
      const call = client.Join((error, response) => (error ? reject(error) : resolve(response)));
      for (let i = 0; i < 100; i++) call.write({ text: 'ab' });
      call.end();
    });
    assert.deepEqual([joined.times, joined.text.length], [100, 200]);
  },
  async server_stream() {
    const { messages, status } = await collect(client.Repeat({ text: 'x', times: 500 }));
    assert.deepEqual(messages.map((m) => m.times), [...Array(500).keys()]);
    assert.deepEqual(status.metadata.get('x-count'), ['500']);
  },
  async empty_server_stream() {
    const { messages, status } = await collect(client.Repeat({ times: 0 }));
    assert.deepEqual([messages.length, status.code], [0, grpc.status.OK]);
  },
  async duplex() {
    const call = client.Chat();
    const done = collect(call);
    let next = 0;
    call.on('data', () => (++next < 50 ? call.write({ times: next }) : call.end()));
    call.write({ times: 0 });
    const { messages, status } = await done;
    assert.deepEqual(messages.map((m) => m.times), [...Array(50).keys()]);
    assert.equal(status.code, grpc.status.OK);
  },
  async error_with_metadata() {
    const { status } = await unary('Fail', { code: 9, detail: 'не може: 100 %' });
    assert.deepEqual([status.code, status.details], [grpc.status.FAILED_PRECONDITION, 'не може: 100 %']);
    assert.deepEqual(status.metadata.get('x-why'), ['plain']);
    assert.deepEqual(status.metadata.get('x-why-bin'), [Buffer.from([0, 255, 7])]);
  },
  async rich_error() {
    const { status } = await unary('Fail', { code: 8, detail: 'enough', reason: 'no_units' });
    assert.equal(status.code, grpc.status.RESOURCE_EXHAUSTED);
    assert.ok(status.metadata.get('grpc-status-details-bin')[0].includes('type.googleapis.com/google.rpc.ErrorInfo'));
  },
  async deadline() {
    const begun = Date.now();
    const { status } = await unary('Wait', {}, new grpc.Metadata(), { deadline: begun + 500 });
    assert.equal(status.code, grpc.status.DEADLINE_EXCEEDED);
    assert.ok(Date.now() - begun < 3000);
  },
  async cancel() {
    const { status } = await unary('Wait', {}, new grpc.Metadata(), { started: (call) => setTimeout(() => call.cancel(), 100) });
    assert.equal(status.code, grpc.status.CANCELLED);
  },
  async cancel_stream() {
    const call = client.WaitAfterOne({ text: 'one' });
    const done = collect(call);
    call.on('data', () => call.cancel());
    const { messages, status } = await done;
    assert.deepEqual([messages.length, status.code], [1, grpc.status.CANCELLED]);
  },
  async unknown_method() {
    const error = await new Promise((resolve) => client.makeUnaryRequest(
      '/pechat.test.v1.Echo/Nothing', (v) => v, (v) => v, Buffer.alloc(0), resolve));
    assert.equal(error.code, grpc.status.UNIMPLEMENTED);
  },
  async unknown_service() {
    const error = await new Promise((resolve) => client.makeUnaryRequest(
      '/pechat.test.v1.Nobody/Nothing', (v) => v, (v) => v, Buffer.alloc(0), resolve));
    assert.equal(error.code, grpc.status.UNIMPLEMENTED);
  },
};

(async () => {
  for (const [name, run] of Object.entries(scenarios)) {
    try {
      await run();
      console.log(`ok ${name}`);
    } catch (error) {
      console.log(`not ok ${name}: ${error.message}`);
      process.exitCode = 1;
    }
  }
  client.close();
})();

// node server.js <echo.proto>: serves Echo on a free port, prints the port, and ends when its standard input ends.
'use strict';
const { grpc, load } = require('./echo');
const Echo = load(process.argv[2]);
const flaky = new Map();
let cancelled = 0;

const wait = (call) => call.on('cancelled', () => { cancelled++; });

const server = new grpc.Server({ 'grpc.max_receive_message_length': 8 << 20 });
server.addService(Echo.service, {
  Say(call, callback) {
    const [echo] = call.metadata.get('x-echo');
    const trailers = new grpc.Metadata();
    if (echo !== undefined) {
      const headers = new grpc.Metadata();
      headers.set('x-header', echo);
      call.sendMetadata(headers);
      trailers.set('x-trailer', echo);
      trailers.set('x-trailer-bin', call.metadata.get('x-echo-bin')[0]);
    }
    if (call.request.text === 'cancelled?') return callback(null, { text: String(cancelled) });
    if (call.request.text.startsWith('flaky')) { // UNAVAILABLE twice, then the number of attempts the client told
      const seen = (flaky.get(call.request.text) ?? 0) + 1;
      flaky.set(call.request.text, seen);
      if (seen <= 2) return callback({ code: grpc.status.UNAVAILABLE, details: 'not yet' });
      return callback(null, { text: call.metadata.get('grpc-previous-rpc-attempts').join() });
    }
    callback(null, call.request, trailers);
  },
  Join(call, callback) {
    const joined = { text: '', times: 0 };
    call.on('data', (words) => { joined.text += words.text; joined.times++; });
    call.on('end', () => callback(null, joined));
  },
  Repeat(call) {
    for (let i = 0; i < call.request.times; i++) call.write({ ...call.request, times: i });
    const trailers = new grpc.Metadata();
    trailers.set('x-count', String(call.request.times));
    call.end(trailers);
  },
  Chat(call) {
    call.on('data', (words) => call.write(words));
    call.on('end', () => call.end());
  },
  Fail(call, callback) {
    const metadata = new grpc.Metadata();
    metadata.set('x-why', 'plain');
    metadata.set('x-why-bin', Buffer.from([0, 255, 7]));
    callback({ code: call.request.code, details: call.request.detail, metadata });
  },
  Wait: wait,
  WaitAfterOne(call) { call.write(call.request); wait(call); },
});
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(port);
});
process.stdin.resume().on('end', () => process.exit(0));

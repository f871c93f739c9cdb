// The echo service as grpc-js sees it.
'use strict';
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

exports.grpc = grpc;
exports.load = (proto) =>
  grpc.loadPackageDefinition(loader.loadSync(proto, { keepCase: true, defaults: true })).pechat.test.v1.Echo;

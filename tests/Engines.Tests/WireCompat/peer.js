// The other end of the wire: the engines' services by grpc-js, from protos of its own.
//   node peer.js serve <replies.json>            prints {"port": n}, then a line for each request it gets; ends with its input
//   node peer.js call <port> <requests.json>     makes each call and prints a line for each answer
// PROTOS names another folder (and PROTO_FILES other files) to take the services from, such as the engines' own.
'use strict';

const fs = require('fs');
const path = require('path');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const folder = process.env.PROTOS || path.join(__dirname, 'protos');
const files = process.env.PROTO_FILES ? process.env.PROTO_FILES.split(',') : fs.readdirSync(folder);
const definition = loader.loadSync(files, {
  includeDirs: [folder], keepCase: true, longs: String, enums: String, bytes: String, defaults: false, oneofs: false,
});

const print = (line) => process.stdout.write(JSON.stringify(line) + '\n');
const services = Object.values(definition).filter((d) => !d.format);

// path -> its definition, for every method of every service.
const methods = new Map(services.flatMap((s) => Object.values(s).map((m) => [m.path, m])));

function serve(replies) {
  const server = new grpc.Server();
  for (const service of services) {
    const handlers = {};
    for (const [name, method] of Object.entries(service)) {
      const reply = replies[method.path];
      const unknown = () => Object.assign(new Error('no reply was given for ' + method.path), { code: grpc.status.UNIMPLEMENTED });
      handlers[name] = method.requestStream
        ? (call) => {
          call.on('data', (request) => { print({ path: method.path, value: request }); call.write(reply); });
          call.on('end', () => call.end());
        }
        : method.responseStream
          ? (call) => { print({ path: method.path, value: call.request }); call.write(reply); call.end(); }
          : (call, done) => { print({ path: method.path, value: call.request }); if (reply) done(null, reply); else done(unknown()); };
    }
    server.addService(service, handlers);
  }
  server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    print({ port });
  });
  process.stdin.resume();
  process.stdin.on('end', () => process.exit(0));
}

async function call(port, requests) {
  const client = new grpc.Client('127.0.0.1:' + port, grpc.credentials.createInsecure());
  for (const [methodPath, request] of Object.entries(requests)) {
    const m = methods.get(methodPath);
    if (!m) throw new Error('the protos have no ' + methodPath);
    const value = await new Promise((resolve, reject) => {
      if (!m.responseStream) {
        client.makeUnaryRequest(m.path, m.requestSerialize, m.responseDeserialize, request, (e, answer) => (e ? reject(e) : resolve(answer)));
        return;
      }
      const stream = m.requestStream
        ? client.makeBidiStreamRequest(m.path, m.requestSerialize, m.responseDeserialize)
        : client.makeServerStreamRequest(m.path, m.requestSerialize, m.responseDeserialize, request);
      let answer;
      stream.on('data', (message) => { answer = message; });
      stream.on('error', reject);
      stream.on('end', () => resolve(answer));
      if (m.requestStream) { stream.write(request); stream.end(); }
    });
    print({ path: methodPath, value });
  }
  client.close();
}

const read = (file) => JSON.parse(fs.readFileSync(file, 'utf8'));
const [what, first, second] = process.argv.slice(2);
if (what === 'serve') serve(read(first));
else if (what === 'call') call(Number(first), read(second)).catch((e) => { process.stderr.write(String(e.stack || e) + '\n'); process.exit(1); });
else { process.stderr.write('serve <replies.json> | call <port> <requests.json>\n'); process.exit(2); }

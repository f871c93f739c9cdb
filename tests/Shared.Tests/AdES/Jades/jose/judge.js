// Verifies one JWS with the library jose and prints the payload as base64. Usage: node judge.js FILE
import { readFileSync } from 'node:fs';
import { compactVerify, flattenedVerify, generalVerify, importSPKI } from 'jose';

const { jws, payload, raw, alg, key } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const publicKey = await importSPKI(key, alg);
const options = { crit: { sigD: true } };

/** Puts a payload back that the signature does not carry. */
const attach = (document) => payload === null ? document : { ...document, payload: raw ? Buffer.from(payload, 'base64') : Buffer.from(payload, 'base64').toString() };

let result;
if (!jws.startsWith('{')) {
  const [header, , signature] = jws.split('.');
  result = payload === null ? await compactVerify(jws, publicKey, options) : await flattenedVerify(attach({ protected: header, signature }), publicKey, options);
} else {
  const document = attach(JSON.parse(jws));
  result = document.signatures ? await generalVerify(document, publicKey, options) : await flattenedVerify(document, publicKey, options);
}
console.log(Buffer.from(result.payload).toString('base64'));

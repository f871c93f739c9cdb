// The few JOSE operations that a device needs (RFC 7515, 7516, 7518, 7638), on WebCrypto. Keys stay non-extractable.

const encoder = new TextEncoder();

export const utf8 = text => encoder.encode(text);

export function base64url(bytes) {
  let binary = '';
  for (const byte of new Uint8Array(bytes)) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

export function fromBase64url(text) {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), character => character.charCodeAt(0));
}

/** SHA-256 of a text or of bytes, base64url. */
export async function sha256(data) {
  return base64url(await crypto.subtle.digest('SHA-256', typeof data === 'string' ? utf8(data) : data));
}

/** RFC 7638 thumbprint of an EC key. */
export const thumbprint = jwk => sha256(`{"crv":"${jwk.crv}","kty":"${jwk.kty}","x":"${jwk.x}","y":"${jwk.y}"}`);

/** A new ES256 key pair whose private half no script can read. */
export const newDeviceKey = () => crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);

/** The public half as a JWK with the members that identify it. */
export async function publicJwk(pair) {
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', pair.publicKey);
  return { kty, crv, x, y };
}

/** Compact JWS, ES256. WebCrypto gives r‖s, which is what RFC 7518 §3.4 wants. */
export async function signJws(privateKey, kid, payload) {
  const header = kid ? { alg: 'ES256', kid } : { alg: 'ES256' };
  const input = `${base64url(utf8(JSON.stringify(header)))}.${base64url(utf8(JSON.stringify(payload)))}`;
  const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey, utf8(input));
  return `${input}.${base64url(signature)}`;
}

/** Compact JWE, ECDH-ES with A256GCM, to a P-256 key of a JWKS. */
export async function encryptJwe(recipient, content) {
  const ephemeral = await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits']);
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', ephemeral.publicKey);
  const to = await crypto.subtle.importKey('jwk', { kty: 'EC', crv: recipient.crv, x: recipient.x, y: recipient.y },
    { name: 'ECDH', namedCurve: 'P-256' }, false, []);
  const secret = await crypto.subtle.deriveBits({ name: 'ECDH', public: to }, ephemeral.privateKey, 256);
  const key = await crypto.subtle.importKey('raw', await concatKdf(new Uint8Array(secret)), 'AES-GCM', false, ['encrypt']);
  const header = base64url(utf8(JSON.stringify({ alg: 'ECDH-ES', enc: 'A256GCM', kid: recipient.kid, epk: { kty, crv, x, y } })));
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const sealed = new Uint8Array(await crypto.subtle.encrypt(
    { name: 'AES-GCM', iv, additionalData: utf8(header), tagLength: 128 }, key, utf8(JSON.stringify(content))));
  return [header, '', base64url(iv), base64url(sealed.subarray(0, -16)), base64url(sealed.subarray(-16))].join('.');
}

// RFC 7518 §4.6.2: one round of SHA-256 over counter, secret and OtherInfo with empty PartyUInfo and PartyVInfo.
async function concatKdf(secret) {
  const algorithm = utf8('A256GCM');
  const length = number => new Uint8Array([number >>> 24, number >>> 16, number >>> 8, number]);
  const input = [length(1), secret, length(algorithm.length), algorithm, length(0), length(0), length(256)];
  const joined = new Uint8Array(input.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of input) {
    joined.set(part, at);
    at += part.length;
  }
  return crypto.subtle.digest('SHA-256', joined);
}

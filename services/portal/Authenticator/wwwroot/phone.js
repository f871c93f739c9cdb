// What the phone does: enrol, ask for a certificate, list what waits, confirm or decline. No drawing here.

import { call, ApiError } from './api.js';
import { encryptJwe, newDeviceKey, publicJwk, sha256, signJws, thumbprint } from './jose.js';

const activationSeconds = 120;
const now = () => Math.floor(Date.now() / 1000);
let access; // {device, token, until}: kept in memory only

export const register = (email, phone, language) => call('POST', '/identity/v1/registrations', { json: { email, phone, language } });

export const confirmContacts = (id, emailCode, phoneCode) =>
  call('POST', `/identity/v1/registrations/${id}/confirm`, { json: { emailCode, phoneCode } });

export const terms = language => call('GET', `/identity/v1/terms?language=${language}`);

export const acceptTerms = (token, { version, sha256 }) => call('POST', '/identity/v1/me/terms', { token, json: { version, sha256 } });

/** Starts the identity verification for a key that is made here and now. */
export async function startVerification(token, person) {
  const keys = await newDeviceKey();
  const answer = await call('POST', '/identity/v1/verifications', { token, json: { ...person, deviceKey: await publicJwk(keys) } });
  return { keys, verificationId: answer.verificationId, state: answer.state };
}

export const verification = (token, id) => call('GET', `/identity/v1/verifications/${id}`, { token });

/** Answers what a suspended verification asked. */
export const clarify = (token, id, answer) => call('POST', `/identity/v1/verifications/${id}/clarification`, { token, json: { text: answer } });

/** Binds the device: the PIN is readable for the signature activation module only. */
export async function bind(state, pin, name) {
  const jwk = await publicJwk(state.keys);
  const { deviceId } = state;
  const sealed = await encryptJwe(await moduleKey(), { pin, device: await thumbprint(jwk) });
  const proof = await signJws(state.keys.privateKey, deviceId,
    { aud: 'pechat-sam', sub: state.customerId, device: deviceId, iat: now(), pin_hash: await sha256(sealed) });
  await call('POST', '/identity/v1/devices', {
    token: state.token,
    json: { deviceId, publicKey: jwk, name, platform: 'web', verificationId: state.verificationId, pin: sealed, proof },
  });
}

/** A device token; asked for again a minute before it ends. */
export async function deviceToken(state) {
  if (access?.device === state.deviceId && access.until > now() + 60) return access.token;
  const issuer = (await call('GET', '/.well-known/openid-configuration')).issuer;
  const assertion = await signJws(state.keys.privateKey, state.deviceId, {
    iss: state.deviceId, sub: state.deviceId, aud: `${issuer}/oauth2/token`, iat: now(), exp: now() + 60, jti: crypto.randomUUID(),
  });
  const answer = await call('POST', '/oauth2/token', {
    form: { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion, client_id: 'authenticator' },
  });
  access = { device: state.deviceId, token: answer.access_token, until: now() + answer.expires_in };
  return access.token;
}

export async function pending(state) {
  const token = await deviceToken(state);
  const [requests, logins] = await Promise.all([call('GET', '/signing/v1/requests', { token }), call('GET', '/identity/v1/logins', { token })]);
  return { requests, logins };
}

export const profile = async state => call('GET', '/identity/v1/me', { token: await deviceToken(state) });

export const entitlements = async state => call('GET', '/billing/v1/entitlements', { token: await deviceToken(state) });

/** Confirms a request: signs exactly the digests that are shown, after checking that they are what the hash of the display says. */
export async function confirm(state, request, pin) {
  if (await sha256(canonicalText(request)) !== request.displayed) throw new ApiError(0, 'display_mismatch', '');
  const activation = await signJws(state.keys.privateKey, state.deviceId, {
    aud: 'pechat-sam', iss: state.deviceId, sub: state.customerId, transaction: request.transactionId, credential: request.credentialId,
    client: request.client.id, kind: request.kind, hash_algorithm: request.documents[0].hashAlgorithm,
    digests: request.documents.map(document => document.digest), count: request.documents.length, challenge: request.challenge,
    displayed: request.displayed, iat: now(), exp: now() + activationSeconds,
    pin: await encryptJwe(await moduleKey(), { pin, challenge: request.challenge }),
  });
  return call('POST', `/signing/v1/requests/${request.transactionId}/confirm`, { token: await deviceToken(state), json: { activation } });
}

export const decline = async (state, request) =>
  call('POST', `/signing/v1/requests/${request.transactionId}/decline`, { token: await deviceToken(state), json: {} });

/** Confirms or declines a login; to confirm one that shows a number is to pick it. */
export async function decideLogin(state, login, decision, number) {
  const proof = await signJws(state.keys.privateKey, state.deviceId,
    { aud: 'pechat-identity', iss: state.deviceId, login: login.id, decision, number: number && String(number), iat: now() });
  return call('POST', `/identity/v1/logins/${login.id}/decision`, { token: await deviceToken(state), json: { decision, proof, number } });
}

export const askForCertificate = async (state, language) => call('POST', '/registration/v1/requests', {
  token: await deviceToken(state), json: { product: 'cloud-personal', algorithm: 'P-256', language },
});

export const certificateRequest = async (state, id) => call('GET', `/registration/v1/requests/${id}`, { token: await deviceToken(state) });

/** Agrees to the data and to the agreement as they are shown. */
export async function agree(state, request) {
  const proof = await signJws(state.keys.privateKey, state.deviceId, {
    aud: 'pechat-registration', iss: state.deviceId, request: request.requestId, data: await sha256(JSON.stringify(request.data)),
    agreement: request.agreement.sha256, iat: now(),
  });
  return call('POST', `/registration/v1/requests/${request.requestId}/confirm`, { token: await deviceToken(state), json: { proof } });
}

/** The text whose hash the activation carries: rebuilt from what is drawn, never taken from the server. */
export const canonicalText = request => JSON.stringify({
  transaction: request.transactionId, client: request.client.id, description: request.description, kind: request.kind,
  hash_algorithm: request.documents[0].hashAlgorithm, documents: request.documents.map(({ name, digest }) => ({ name, digest })),
  credential: request.credentialId,
});

async function moduleKey() {
  const { keys } = await call('GET', '/identity/v1/sam-keys');
  return keys[0];
}

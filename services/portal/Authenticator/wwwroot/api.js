// Calls to the public surfaces; all of them are same-origin behind the gateway.

export class ApiError extends Error {
  constructor(status, code, detail) {
    super(detail);
    this.status = status;
    this.code = code;
  }
}

export async function call(method, path, { token, json, form } = {}) {
  const headers = { Accept: 'application/json' };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (json) headers['Content-Type'] = 'application/json';
  let response;
  try {
    response = await fetch(path, { method, headers, body: json ? JSON.stringify(json) : form ? new URLSearchParams(form) : undefined, cache: 'no-store' });
  } catch {
    throw new ApiError(0, 'offline', '');
  }
  const text = await response.text();
  const body = text && /json/.test(response.headers.get('Content-Type') ?? '') ? JSON.parse(text) : {};
  if (!response.ok) throw new ApiError(response.status, body.code ?? body.error ?? '', body.detail ?? body.error_description ?? `HTTP ${response.status}`);
  return body;
}

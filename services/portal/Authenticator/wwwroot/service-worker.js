// Keeps the shell of the app for a phone without network. Answers of the APIs are never kept.
const cacheName = 'pechat-shell-3';
const shell = ['./', 'app.css', 'app.js', 'api.js', 'dom.js', 'jose.js', 'phone.js', 'poll.js', 'store.js', 'texts.js', 'icon.svg', 'manifest.webmanifest',
  'views/certificate.js', 'views/codes.js', 'views/contacts.js', 'views/home.js', 'views/identity.js', 'views/login.js', 'views/pin.js', 'views/request.js', 'views/terms.js'];

self.addEventListener('install', event => event.waitUntil(
  caches.open(cacheName).then(cache => cache.addAll(shell)).then(() => self.skipWaiting())));

self.addEventListener('activate', event => event.waitUntil(
  caches.keys().then(names => Promise.all(names.filter(name => name !== cacheName).map(name => caches.delete(name)))).then(() => self.clients.claim())));

self.addEventListener('fetch', event => {
  const url = new URL(event.request.url);
  const known = new Set(shell.map(path => new URL(path, self.registration.scope).pathname));
  if (event.request.method !== 'GET' || url.origin !== location.origin || !known.has(url.pathname)) return;
  event.respondWith(fetch(event.request)
    .then(response => {
      const copy = response.clone(); // a body is read once
      if (response.ok) event.waitUntil(caches.open(cacheName).then(cache => cache.put(event.request, copy)));
      return response;
    })
    .catch(() => caches.match(event.request)));
});

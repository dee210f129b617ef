// The service worker of browser messages: shows what the server sent and opens the inbox. It caches nothing.
self.addEventListener('push', (event) => {
  let message = {};
  try { message = event.data ? event.data.json() : {}; } catch { message = {}; }
  const title = typeof message.title === 'string' ? message.title : 'Argos';
  const body = [message.host, message.body].filter((t) => typeof t === 'string' && t !== '').join(': ');
  event.waitUntil(self.registration.showNotification(title, { body, icon: '/favicon.svg', tag: title, requireInteraction: message.severity === 'critical' }));
});
self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil((async () => {
    const open = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
    const inbox = open.find((c) => new URL(c.url).pathname === '/inbox');
    await (inbox ? inbox.focus() : self.clients.openWindow('/inbox'));
  })());
});

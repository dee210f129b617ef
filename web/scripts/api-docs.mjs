// Puts the API reference pages into dist: Swagger UI at /docs and Redoc at /redoc, self-contained and inline-free.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const modules = fileURLToPath(new URL('../node_modules/', import.meta.url));
const out = join(dist, 'docs-assets');
mkdirSync(out, { recursive: true });
copyFileSync(fileURLToPath(new URL('../../contract/openapi.json', import.meta.url)), join(dist, 'openapi.json'));
for (const name of ['swagger-ui.css', 'swagger-ui-bundle.js']) copyFileSync(join(modules, 'swagger-ui-dist', name), join(out, name));
copyFileSync(join(modules, 'swagger-ui-dist', 'LICENSE'), join(out, 'swagger-ui-LICENSE.txt'));
copyFileSync(join(modules, 'redoc', 'LICENSE'), join(out, 'redoc-LICENSE.txt'));
// Redoc shows a vendor logo from the network; the pages here load nothing from elsewhere.
const redoc = readFileSync(join(modules, 'redoc', 'bundles', 'redoc.standalone.js'), 'utf8').replaceAll(/https:\/\/cdn\.redoc\.ly\/redoc\/[\w.-]+\.svg/g, '/favicon.svg').replace(/\n\/\/# sourceMappingURL=\S+\s*$/, '\n');
writeFileSync(join(out, 'redoc.standalone.js'), redoc);
writeFileSync(join(out, 'swagger-init.js'), `window.addEventListener('load', function () {
  window.SwaggerUIBundle({ url: '/openapi.json', dom_id: '#docs', deepLinking: true, validatorUrl: null, docExpansion: 'none', defaultModelsExpandDepth: 0, filter: true,
    requestInterceptor: function (request) {
      var token = /(?:^|;\\s*)csrf_token=([^;]+)/.exec(document.cookie);
      if (token && request.method !== 'GET') request.headers['X-CSRF-Token'] = token[1];
      return request;
    } });
});
`);
writeFileSync(join(out, 'redoc-init.js'), `window.addEventListener('load', function () {
  // Search needs a worker from a blob address, which the content security policy refuses.
  window.Redoc.init('/openapi.json', { disableSearch: true, hideDownloadButton: false, nativeScrollbars: true, theme: { typography: { fontFamily: 'system-ui, sans-serif', headings: { fontFamily: 'system-ui, sans-serif' }, code: { fontFamily: 'ui-monospace, monospace' } }, colors: { primary: { main: '#0B5FC2' } } } }, document.getElementById('docs'));
});
`);
writeFileSync(join(out, 'docs.css'), 'body{margin:0}.swagger-ui .topbar{display:none}.docs-bar{font:500 14px/1.4 system-ui,sans-serif;padding:10px 20px;border-bottom:1px solid #dfe4ea;display:flex;gap:20px}.docs-bar a{color:#0b5fc2;text-decoration:none}\n');
const page = (title, assets) => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title><link rel="icon" href="/favicon.svg"><link rel="stylesheet" href="/docs-assets/docs.css">
${assets}</head>
<body><nav class="docs-bar"><a href="/">Argos</a><a href="/docs">Swagger UI</a><a href="/redoc">Redoc</a><a href="/openapi.json">openapi.json</a></nav><div id="docs"></div></body>
</html>
`;
writeFileSync(join(dist, 'docs.html'), page('Argos API', '<link rel="stylesheet" href="/docs-assets/swagger-ui.css"><script src="/docs-assets/swagger-ui-bundle.js"></script><script src="/docs-assets/swagger-init.js"></script>'));
writeFileSync(join(dist, 'redoc.html'), page('Argos API reference', '<script src="/docs-assets/redoc.standalone.js"></script><script src="/docs-assets/redoc-init.js"></script>'));
console.log('API reference pages written');

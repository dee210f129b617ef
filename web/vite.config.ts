import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// The server answers with a strict content security policy: nothing inline, nothing from elsewhere.
const target = process.env.ARGOS_TARGET ?? 'http://127.0.0.1:8080';
const proxy = Object.fromEntries(['/api', '/healthz', '/readyz', '/openapi.json', '/metrics'].map((p) => [p, { target, changeOrigin: false, ws: true }]));

export default defineConfig({
  plugins: [react()],
  build: {
    target: 'es2022',
    outDir: 'dist',
    assetsDir: 'assets',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 400,
    reportCompressedSize: false,
    manifest: 'manifest.json',
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // What every page uses travels together: one request, better compression than twenty small files.
            { name: 'base', test: /src\/(api\/(client|home-paths|resource)\.|format|state\/(live|preferences|ring|status|store)|i18n\/(index|message|en\/core)|app\/(router|Link|session|proof|keys|sections|overlays|stream|Rail|TopBar|Shell|App|routes)\.|ui\/(Age|Button|Card|Icon|Menu|PageHead|ProblemCard|StateBlock|Toaster|toasts|Value)\b|pages\/home\/(HomePage|MachineCards))/ },
            { name: 'paths', test: /src\/api\/(paths|testing-paths|media-paths)/ },
            { name: 'table', test: /src\/(ui\/(DataTable|FilterBar|table-model|download)|state\/filter)/ },
            { name: 'series', test: /src\/ui\/(TimeSeries|TimeRange)|src\/api\/metrics/ },
          ],
        },
      },
    },
  },
  server: {
    port: 5173,
    proxy,
  },
  preview: { port: 4173, proxy },
});

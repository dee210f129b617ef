import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// The server answers with a strict content security policy: nothing inline, nothing from elsewhere.
const target = 'http://127.0.0.1:8080';

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
  },
  server: {
    port: 5173,
    proxy: Object.fromEntries(['/api', '/healthz', '/readyz', '/openapi.json', '/metrics'].map((p) => [p, { target, changeOrigin: false }])),
  },
});

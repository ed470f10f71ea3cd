import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

export default defineConfig({
  root: 'app',
  // Relative links let the same build be served below any path.
  base: './',
  plugins: [svelte({ configFile: '../svelte.config.js' })],
  resolve: {
    alias: {
      // The plain entry wants Node's globals, events and process; the bundled build needs none.
      'simple-peer': fileURLToPath(
        new URL('node_modules/simple-peer/simplepeer.min.js', import.meta.url),
      ),
    },
  },
  worker: { format: 'es' },
  build: { outDir: '../dist/app', emptyOutDir: true, target: 'es2022', chunkSizeWarningLimit: 700 },
});

import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { packedFiles } from './packed-files.ts'

export default defineConfig({
  plugins: [react(), tailwindcss(), packedFiles()],
  // The server writes in where the page lies.
  base: './',
  // Fonts stay files: a data: URL would need a wider content security policy.
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    // Every browser of the target preloads modules itself.
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // The shared modules of every screen as one file: a dozen small ones cost a kilobyte of head each.
            {
              name: 'base',
              test: /node_modules\/(react|react-dom|scheduler|@tanstack)\/|createLucideIcon|Icon\.js|src\/(api|time|text)\/|src\/app\/(base-path|location|remember|preference|link)|src\/logs\/(view|levels|origin|search\/search-terms)\.ts|icons\/ban\./,
            },
          ],
        },
      },
    },
  },
  server: { proxy: { '/api': 'http://127.0.0.1:4700' } },
})

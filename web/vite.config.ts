import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { packedFiles } from './packed-files.ts'

export default defineConfig({
  plugins: [react(), tailwindcss(), packedFiles()],
  // Fonts stay files: a data: URL would need a wider content security policy.
  build: { target: 'es2022', assetsInlineLimit: 0 },
  server: { proxy: { '/api': 'http://127.0.0.1:4700' } },
})

import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import type { Plugin } from 'vite'

/** Text that is sent often and changes with a build alone; fonts are packed already. */
const PACKED = /\.(js|css|html|svg)$/
/** Below it a packet holds the file anyway. */
const SMALLEST_BYTES = 1024

/** Lays a brotli and a gzip form beside each file of the built page, so that the server packs nothing while it serves. */
export function packedFiles(): Plugin {
  let directory = 'dist'
  return {
    name: 'packed-files',
    apply: 'build',
    configResolved(config) {
      directory = join(config.root, config.build.outDir)
    },
    closeBundle() {
      for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
        const path = join(directory, name)
        if (!PACKED.test(name) || statSync(path).size < SMALLEST_BYTES) continue
        const bytes = readFileSync(path)
        writeFileSync(
          `${path}.br`,
          brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
        )
        writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }))
      }
    },
  }
}

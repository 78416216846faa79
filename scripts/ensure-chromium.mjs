import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { CHROMIUM_PLACES } from './chromium-places.mjs'
import { Problem, step } from './toolchain.mjs'

/** Installs the Chromium of the end-to-end tests where root can. @throws {Problem} where there is none and it cannot be installed */
export async function ensureChromium() {
  if (CHROMIUM_PLACES.some((path) => existsSync(path))) return
  if (process.getuid?.() === 0 && spawnSync('which', ['apt-get']).status === 0) {
    await step('Updating the package lists', 'apt-get', ['update'])
    const hasShell = spawnSync('apt-cache', ['show', 'chromium-headless-shell']).status === 0
    const name = hasShell ? 'chromium-headless-shell' : 'chromium'
    await step('Installing Chromium', 'apt-get', ['install', '-y', '--no-install-recommends', name])
    return
  }
  throw new Problem(
    'The end-to-end tests need Chromium. Install it (Debian: sudo apt-get install chromium), or name it in CHROMIUM.',
  )
}

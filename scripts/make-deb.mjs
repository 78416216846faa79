// `node scripts/make-deb.mjs [folder]`: the Debian package, with a Node and a PostgreSQL of its own. It needs dpkg-deb and no
// root; installing it needs no network but for libraries that every Debian has.
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { findNode, Problem, ROOT, run, step } from './toolchain.mjs'

const PLACE = 'usr/lib/timelapser-logs'
const ARCHITECTURES = { x64: 'amd64', arm64: 'arm64' }
const MAINTAINER = 'Timelapser Logs <timelapser-logs@localhost>'

await run(async () => {
  const architecture = process.platform === 'linux' ? ARCHITECTURES[process.arch] : undefined
  const node = join(ROOT, `node_modules/node-linux-${process.arch}`)
  if (architecture === undefined || spawnSync('dpkg-deb', ['--version']).status !== 0)
    throw new Problem('A Debian package is made on Linux, for x64 or ARM, where dpkg-deb is installed.')
  const { version } = JSON.parse(readFileSync(join(ROOT, 'server/package.json'), 'utf8'))
  const file = join(resolve(process.argv[2] ?? '.'), `timelapser-logs_${version}_${architecture}.deb`)
  mkdirSync(dirname(file), { recursive: true })

  const tree = mkdtempSync(join(tmpdir(), 'timelapser-deb-'))
  try {
    chmodSync(tree, 0o755)
    const { status } = spawnSync(findNode(), [join(ROOT, 'scripts/assemble.mjs'), join(tree, PLACE)], {
      stdio: 'inherit',
    })
    if (status !== 0) throw new Problem('The program is not put together.')
    if (!existsSync(node)) throw new Problem(`${node} is not installed. Run npm ci first.`)
    rmSync(join(tree, PLACE, 'bin'), { recursive: true })
    put(join(node, 'bin/node'), tree, `${PLACE}/bin/node`, 0o755)
    put(join(node, 'LICENSE'), tree, 'usr/share/doc/timelapser-logs/node-license', 0o644)
    put(join(ROOT, 'LICENSE'), tree, 'usr/share/doc/timelapser-logs/copyright', 0o644)
    putOwn('timelapser-logs', tree, 'usr/bin/timelapser-logs', 0o755)
    // It may hold passwords; systemd reads it as root.
    putOwn('timelapser-logs.env', tree, 'etc/timelapser-logs.env', 0o600)
    for (const script of ['postinst', 'prerm', 'postrm']) putOwn(script, tree, `DEBIAN/${script}`, 0o755)
    write(tree, 'usr/lib/systemd/system/timelapser-logs.service', unit())
    write(tree, 'DEBIAN/conffiles', '/etc/timelapser-logs.env\n')
    write(tree, 'DEBIAN/control', control(version, architecture, tree))
    // Readable for every user, whatever the umask and the modes of the checkout are.
    await step('Setting modes', 'chmod', ['-R', 'u+rwX,go+rX,go-w', join(tree, 'usr')])
    await step('Packing', 'dpkg-deb', ['--root-owner-group', '-Zzstd', '-z9', '--build', tree, file])
    console.log(file)
  } finally {
    rmSync(tree, { recursive: true, force: true })
  }
})

function putOwn(name, tree, path, mode) {
  put(join(ROOT, 'scripts/deb', name), tree, path, mode)
}

function put(source, tree, path, mode) {
  mkdirSync(dirname(join(tree, path)), { recursive: true })
  copyFileSync(source, join(tree, path))
  chmodSync(join(tree, path), mode)
}

function write(tree, path, text) {
  mkdirSync(dirname(join(tree, path)), { recursive: true })
  writeFileSync(join(tree, path), text, { mode: 0o644 })
}

/** The unit of a checkout, with the program of the package. */
function unit() {
  const text = readFileSync(join(ROOT, 'examples/deploy/timelapser-logs.service'), 'utf8')
  const lines = text
    .split('\n')
    .filter((line) => !line.startsWith('# A checkout') && !line.includes('docs/deploy.md'))
  return lines
    .map((line) => {
      if (line.startsWith('WorkingDirectory=')) return 'WorkingDirectory=/var/lib/timelapser-logs'
      if (line.startsWith('ExecStart=')) return 'ExecStart=/usr/bin/timelapser-logs serve'
      return line
    })
    .join('\n')
}

function control(version, architecture, tree) {
  const { stdout } = spawnSync('du', ['-sk', '--apparent-size', tree], { encoding: 'utf8' })
  return `Package: timelapser-logs
Version: ${version}
Architecture: ${architecture}
Maintainer: ${MAINTAINER}
Installed-Size: ${Number.parseInt(stdout, 10)}
Depends: libc6 (>= 2.28), libstdc++6 (>= 9), libgcc-s1, passwd, init-system-helpers (>= 1.50)
Section: admin
Priority: optional
Description: log system on PostgreSQL
 One command starts it, every line is kept, any question is answered at once.
 The package brings the Node and the PostgreSQL that it runs with.
`
}

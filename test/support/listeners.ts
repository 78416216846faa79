import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** The TCP and UDP sockets that a process and all its children listen on, as `address:port`, from /proc. */
export function listenersOf(pids: readonly number[]): string[] {
  const inodes = new Set(pids.flatMap(withDescendants).flatMap(socketsOf))
  const found: string[] = []
  for (const table of ['tcp', 'tcp6', 'udp', 'udp6']) {
    const [, ...lines] = read(`/proc/net/${table}`).trim().split('\n')
    for (const line of lines) {
      const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/)
      // 0A is LISTEN; UDP has no listening state.
      if (inodes.has(inode) && (state === '0A' || table.startsWith('udp'))) found.push(readable(local))
    }
  }
  return found
}

function withDescendants(pid: number): number[] {
  return [pid, ...(childrenByParent().get(pid) ?? []).flatMap(withDescendants)]
}

function childrenByParent(): Map<number, number[]> {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
    // The name in parentheses may hold anything; the parent is the second field after it.
    const parent = Number(read(`/proc/${name}/stat`).split(')').at(-1)?.trim().split(' ')[1])
    children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  return children
}

function socketsOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`
  const links = readdirSync(folder).map((name) => {
    try {
      return readlinkSync(`${folder}/${name}`)
    } catch {
      // Closed since the folder was read.
      return ''
    }
  })
  return links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? [])
}

/** `0100007F:1F90` is `127.0.0.1:8080`; IPv6 stays in hex. */
function readable(local: string): string {
  const [address = '', port = ''] = local.split(':')
  const bytes = address.match(/../g) ?? []
  const text =
    bytes.length === 4
      ? bytes
          .reverse()
          .map((byte) => Number.parseInt(byte, 16))
          .join('.')
      : address
  return `${text}:${Number.parseInt(port, 16)}`
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

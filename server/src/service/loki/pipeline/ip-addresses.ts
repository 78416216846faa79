import { BlockList, isIP } from 'node:net'

/** Whether an address of the text is the one, or in the network or range, that a query names; undefined when it names none. */
export function compileAddress(pattern: string): ((text: string) => boolean) | undefined {
  const list = listOf(pattern.trim())
  if (list === undefined) return undefined
  return (text) => {
    for (const [found] of text.matchAll(
      /(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[\da-fA-F:]*:[\da-fA-F:.]*)/g,
    )) {
      const family = isIP(found)
      if (family !== 0 && list.check(found, family === 4 ? 'ipv4' : 'ipv6')) return true
    }
    return false
  }
}

function listOf(pattern: string): BlockList | undefined {
  const list = new BlockList()
  const [first = '', last] = pattern.split('-')
  const [address = '', bits] = pattern.split('/')
  const nameOf = (text: string) => (isIP(text) === 4 ? 'ipv4' : 'ipv6')
  if (isIP(pattern) !== 0) list.addAddress(pattern, nameOf(pattern))
  else if (last !== undefined && isIP(first) !== 0 && isIP(first) === isIP(last)) {
    try {
      list.addRange(first, last, nameOf(first))
    } catch {
      return undefined
    }
  } else if (bits !== undefined && /^\d{1,3}$/.test(bits) && isIP(address) !== 0) {
    if (Number(bits) > (isIP(address) === 4 ? 32 : 128)) return undefined
    list.addSubnet(address, Number(bits), nameOf(address))
  } else return undefined
  return list
}

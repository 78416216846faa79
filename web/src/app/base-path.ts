/** The path that the page lies below, without a slash at its end: empty, or `/logs` behind a proxy that has it there. */
const BASE_PATH = document.querySelector('meta[name="base-path"]')?.getAttribute('content') ?? ''

/** The address, on this host, of a path of the page or its API. */
export function addressOf(path: string): string {
  return path.startsWith('/') ? BASE_PATH + path : path
}

/** The same with its host, to be used elsewhere. */
export function wholeAddressOf(path: string): string {
  return window.location.origin + addressOf(path)
}

/** The page's path that the window is at. */
export function currentPath(): string {
  const { pathname } = window.location
  return pathname.startsWith(`${BASE_PATH}/`) ? pathname.slice(BASE_PATH.length) : '/'
}

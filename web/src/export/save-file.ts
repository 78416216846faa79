/** Hands a file to the browser, which saves it under the name. */
export function saveFile(file: Blob, name: string): void {
  const address = URL.createObjectURL(file)
  clickLink(address, name)
  // The browser has taken hold of it once the click is through.
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}

/** @param download the name of the file; empty to have the server name it */
export function clickLink(address: string, download: string): void {
  const link = document.createElement('a')
  link.href = address
  link.download = download
  link.click()
}

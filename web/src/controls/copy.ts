import { notify } from './notice.tsx'

/** Copies and says so. Without a secure context browsers have no clipboard; then it says that. */
export async function copy(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    notify(`Copied ${what}`)
  } catch {
    notify('This browser allows pages to copy only over https or on localhost.', 'failed')
  }
}

/** The envelope of every reply that is not an error. */
export function reply<T>(message: string, data: T): { success: true; message: string; data: T } {
  return { success: true, message, data }
}

/** A count as the messages of the spec print it: `1,247`. */
export function grouped(count: number): string {
  return count.toLocaleString('en-US')
}

/** Where a request comes from. */
export type Client = { address: string; userAgent: string }

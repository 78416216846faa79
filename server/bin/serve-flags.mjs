/**
 * How Node runs the server. V8 lets the young generation grow to 64 MB and more, most of it garbage: the server would need
 * 500 MB for what its bounds in bytes allow, and with 4 MB for each half it needs fewer than 450.
 */
export const SERVE_FLAGS = ['--max-semi-space-size=4']

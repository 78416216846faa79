/** The part of the test's environment that a program of ours needs, so that it meets nothing else of it. */
export const bareEnvironment = {
  PATH: process.env.PATH,
  // Set in vitest.config.ts.
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
}

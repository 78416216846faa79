/** What a program of ours needs of the test's environment, so that it meets nothing else of it. */
export const bareEnvironment = {
  PATH: process.env.PATH,
  // Set in vitest.config.ts.
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
}

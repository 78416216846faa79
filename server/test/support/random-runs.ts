/** How many random cases a property is held against: a third of them in `npm test`, all in `npm run test:long`. */
export function randomRuns(all: number): number {
  return process.env.ALL_RANDOM_RUNS ? all : Math.ceil(all / 3)
}

import { execFileSync } from 'node:child_process'
import { existsSync, globSync, realpathSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import type { PostgresBinaries } from '../../src/store/cluster/postgres-binaries.ts'

const OLDEST = 15
const EMBEDDED = 18

/** The oldest PostgreSQL on this machine that is new enough and not the version we bring; `undefined` without one. */
export function findMachinePostgres(): PostgresBinaries | undefined {
  const onPath = (process.env.PATH ?? '').split(delimiter).map((directory) => join(directory, 'postgres'))
  return [...globSync('/usr/lib/postgresql/*/bin/postgres'), ...onPath]
    .filter((program) => existsSync(program) && existsSync(join(dirname(realpathSync(program)), 'initdb')))
    .map((program) => ({ directory: dirname(realpathSync(program)), major: majorOf(program) }))
    .filter(({ major }) => major >= OLDEST && major !== EMBEDDED)
    .sort((a, b) => a.major - b.major)[0]
}

function majorOf(program: string): number {
  // "postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)"
  return Number(/ (\d+)/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' }))?.[1])
}

import { readFileSync } from 'node:fs'
import type pg from 'pg'
import type { BenchSystem } from './system.ts'

/** How to reach the embedded PostgreSQL: the socket folder and port stand in the fourth and fifth line of its pid file. */
export function connectionOf(target: BenchSystem): pg.PoolConfig {
  const lines = readFileSync(`${target.dataDir}/postgres/postmaster.pid`, 'utf8').split('\n')
  return { host: lines[4] ?? '', port: Number(lines[3]), user: 'timelapser', database: 'timelapser_logs' }
}

/** CPU seconds so far of a server (the system's own when unset) and of PostgreSQL with all its processes, ended ones included. */
export function cpuSeconds(target: BenchSystem, server = target.pid): { server: number; postgres: number } {
  const postmaster = Number(readFileSync(`${target.dataDir}/postgres/postmaster.pid`, 'utf8').split('\n')[0])
  return { server: cpuOf(server), postgres: cpuOfTree(postmaster) }
}

function cpuOfTree(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(/\s+/)
    .filter(Boolean)
  return cpuOf(pid) + children.reduce((sum, child) => sum + cpuOf(Number(child)), 0)
}

/** utime, stime and those of ended children, in clock ticks of a hundredth of a second. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0) / 100
}

// The resources of a freshly started idle system: the memory of its processes and the cores' time.
//   node --conditions=timelapser-source bench/rest.ts [--minutes 10]

import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { cpuSeconds, type MemoryParts, memoryParts, processName, processTree } from './memory.ts'
import { machine, startSystem } from './system.ts'

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' } } })
const minutes = Number(values.minutes)

const system = await startSystem()
try {
  await sleep(minutes * 30_000)
  // Over the second half: the first is spent on the start.
  const began = performance.now()
  const before = new Map(processTree(system.pid).map((pid) => [pid, cpuSeconds(pid)]))
  await sleep(minutes * 30_000)
  const seconds = (performance.now() - began) / 1000
  report(seconds, before)
} finally {
  await system.stop()
}

function report(seconds: number, before: ReadonlyMap<number, number>): void {
  const processes = processTree(system.pid)
    .flatMap((pid) => {
      try {
        // A new process spent all of its time since.
        const spent = cpuSeconds(pid) - (before.get(pid) ?? 0)
        return [{ name: processName(pid), memory: memoryParts(pid), spent }]
      } catch {
        // PostgreSQL's vacuum workers come and go.
        return []
      }
    })
    .sort((a, b) => b.memory.total - a.memory.total)
  console.log(machine())
  console.log(`${minutes} minutes after a fresh start, CPU over the last ${seconds.toFixed(0)} s`)
  console.log(
    `${'MB (PSS)'.padEnd(40)}${['own', 'files', 'shared', 'together', 'CPU s'].map(column).join('')}`,
  )
  for (const { name, memory, spent } of processes) console.log(line(name, memory, spent))
  const sum = (part: keyof MemoryParts) => processes.reduce((total, { memory }) => total + memory[part], 0)
  const spent = processes.reduce((total, process) => total + process.spent, 0)
  const whole = { own: sum('own'), files: sum('files'), shared: sum('shared'), total: sum('total') }
  console.log(line(`${processes.length} processes`, whole, spent))
  console.log(`${((spent / seconds) * 100).toFixed(2)} % of a core`)
}

function line(name: string, { own, files, shared, total }: MemoryParts, spent: number): string {
  const numbers = [own, files, shared, total].map((bytes) => (bytes / 1e6).toFixed(1))
  return `${name.slice(0, 39).padEnd(40)}${[...numbers, spent.toFixed(2)].map(column).join('')}`
}

function column(text: string): string {
  return text.padStart(10)
}

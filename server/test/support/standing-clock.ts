// Loaded before a program: its clock stands at STANDING_CLOCK (milliseconds) until SIGUSR2, and goes on from there.
import { performance } from 'node:perf_hooks'

const standsAt = Number(process.env.STANDING_CLOCK)
let goesSince: number | undefined
process.once('SIGUSR2', () => {
  goesSince = performance.now()
})

const present = () => standsAt + (goesSince === undefined ? 0 : Math.floor(performance.now() - goesSince))

globalThis.Date = new Proxy(Date, {
  construct: (target, given, newTarget) =>
    Reflect.construct(target, given.length === 0 ? [present()] : given, newTarget),
  get: (target, name, receiver) => (name === 'now' ? present : Reflect.get(target, name, receiver)),
})

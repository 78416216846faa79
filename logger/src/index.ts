export * from './level.ts'
export * from './record.ts'

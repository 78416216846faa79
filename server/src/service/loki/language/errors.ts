import { AppError } from '../../app-error.ts'

/** A query that cannot be read, in the words and with the place that Loki has for it; 0 and 0 where it has none. */
export class LogqlError extends AppError {
  constructor(problem: string, line = 0, column = 0) {
    const place = line === 0 && column === 0 ? '' : `at line ${line}, col ${column}`
    super('INVALID_REQUEST', place === '' ? `parse error : ${problem}` : `parse error ${place}: ${problem}`)
  }
}

export const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '>', '>=', '<', '<='])
export const SET_OPERATORS: ReadonlySet<string> = new Set(['and', 'or', 'unless'])

/** The result of an operator on two numbers; a comparison gives 1 or 0. A division by zero gives NaN, as in Loki. */
export function applyOperator(operator: string, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    case '/':
      return b === 0 ? Number.NaN : a / b
    case '%':
      return b === 0 ? Number.NaN : a % b
    case '^':
      return a ** b
    case '==':
      return Number(a === b)
    case '!=':
      return Number(a !== b)
    case '>':
      return Number(a > b)
    case '>=':
      return Number(a >= b)
    case '<':
      return Number(a < b)
    case '<=':
      return Number(a <= b)
    default:
      throw new Error(`there is no operator ${operator}`)
  }
}

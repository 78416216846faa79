import { AppError } from '../app-error.ts'

/** Any letters, also with spaces between, but nothing invisible and none around. */
export const USERNAME_PATTERN = /^[^\p{C}\p{Z}](?:[^\p{C}]{0,62}[^\p{C}\p{Z}])?$/u

/** The form in which names are unique: `Anna`, `anna` and `ａｎｎａ` are the same name. */
export function uniqueForm(username: string): string {
  return username.normalize('NFKC').toLowerCase()
}

/** A name as it was typed, without what is around it. @throws {AppError} INVALID_REQUEST */
export function validName(text: string): string {
  const name = text.trim()
  if (USERNAME_PATTERN.test(name)) return name
  throw new AppError('INVALID_REQUEST', 'username must be 1 to 64 visible characters.')
}

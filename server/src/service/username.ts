/** Any letters, also with spaces between, but nothing invisible and none around. */
export const USERNAME_PATTERN = /^[^\p{C}\p{Z}](?:[^\p{C}]{0,62}[^\p{C}\p{Z}])?$/u

/** The form in which names are unique: `Anna`, `anna` and `ａｎｎａ` are one. */
export function uniqueForm(username: string): string {
  return username.normalize('NFKC').toLowerCase()
}

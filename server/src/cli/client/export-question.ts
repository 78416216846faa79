import { readFile, rm, writeFile } from 'node:fs/promises'
import { ApiFailure } from './api-client.ts'

/** Beside a .part: the request it answers, so that nothing else is appended to it. */
type Question = { asked: string; parameters: string }

const pathOf = (part: string) => `${part}.query`

/** Writes down the request of an export, and the resolved times of texts like "2d". */
export async function keepQuestion(part: string, asked: string, parameters: URLSearchParams): Promise<void> {
  await writeFile(pathOf(part), `${JSON.stringify({ asked, parameters: parameters.toString() })}\n`)
}

/**
 * The parameters an export began with; undefined when that was not written down.
 *
 * @throws {ApiFailure} when it was asked for something else
 */
export async function recallQuestion(part: string, asked: string): Promise<URLSearchParams | undefined> {
  const text = await readFile(pathOf(part), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const question = parse(text)
  if (question?.asked === asked) return new URLSearchParams(question.parameters)
  throw new ApiFailure(
    `${part} was started with other filters or fields. Use the same filters and fields, or omit --resume to start over.`,
  )
}

export async function forgetQuestion(part: string): Promise<void> {
  await rm(pathOf(part), { force: true })
}

function parse(text: string): Partial<Question> | undefined {
  try {
    return JSON.parse(text) as Partial<Question>
  } catch {
    return undefined
  }
}

import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyPluginAsync, FastifyReply } from 'fastify'
import { allowFrames } from './embed.ts'
import { notFound } from './error-replies.ts'

/** Views of the page; each is answered with its one document, the page does the rest. */
const VIEWS = [
  '/',
  '/sign-in',
  '/logs',
  '/logs/:id',
  '/patterns',
  '/chart',
  '/boards',
  '/boards/:id',
  '/settings',
  '/settings/*',
  '/cameras',
  '/alerts',
  '/access',
  '/audit',
  '/diagnostics',
]

/** For a checkout that was started without `npm start`, which builds the page. */
export const NO_PAGE =
  'The page is not built: this server only serves the API. Stop it, run npm run setup in the folder of the program, and start it again.'

/**
 * The built page: its document for every view, its files as they are, hashed ones to be kept for a year. `basePath` is
 * what stands before all paths in the browser, without a last slash.
 */
export function pageRoutes(
  directory: string,
  {
    basePath = '',
    embedOrigins = [],
  }: { basePath?: string; embedOrigins?: readonly string[] | undefined } = {},
): FastifyPluginAsync {
  return async (app) => {
    const access = { config: { access: 'public' as const } }
    const file = resolve(directory, 'index.html')
    const assets = resolve(directory, 'assets')
    if (!existsSync(file)) {
      for (const view of [...VIEWS, '/embed']) {
        app.get(view, access, (_request, response) =>
          response.code(503).type('text/plain').send(`${NO_PAGE}\n`),
        )
      }
      return
    }
    await app.register(fastifyStatic, {
      root: directory,
      serve: false,
      // The build lays packed forms beside the files.
      preCompressed: true,
      cacheControl: false,
      // For files that are there alone: a 404 of an old page's file must not be kept when the file is back.
      setHeaders: (response, path) => {
        const isHashed = path.startsWith(assets)
        response.header('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache')
      },
    })
    const document = documentBelow(basePath, readFileSync(file, 'utf8'))
    const send = (response: FastifyReply) =>
      response.header('cache-control', 'no-cache').type('text/html').send(document)
    for (const view of VIEWS) app.get(view, access, (_request, response) => send(response))
    app.get('/embed', access, (_request, response) => {
      allowFrames(response, embedOrigins)
      return send(response)
    })
    app.get('/assets/*', access, (request, response) =>
      response.sendFile(`assets/${(request.params as { '*': string })['*']}`),
    )
    // An address nobody has: people get the page, which says so and leads on, programs the error. Longer ones are left
    // to those who answer below their beginnings.
    app.get('/:elsewhere', access, (request, response) => {
      if (!request.headers.accept?.includes('text/html')) throw notFound(request)
      return send(response.code(404))
    })
    for (const file of ['/favicon.svg', '/theme.js', '/robots.txt']) {
      app.get(file, access, (_request, response) => response.sendFile(file.slice(1)))
    }
  }
}

/** The document as it was built names its files beside itself, but views lie at several depths. */
function documentBelow(basePath: string, built: string): string {
  return built
    .replaceAll(/(?<=(?:src|href)=")\.\//g, `${basePath}/`)
    .replace('<meta name="base-path" content=""', `<meta name="base-path" content="${basePath}"`)
}

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { CameraService } from '../service/administration/camera-service.ts'
import {
  type CameraActivityService,
  STRIP_STEPS,
  type StripHours,
} from '../service/insights/camera-activity.ts'
import { pagingParameters } from '../service/logs/log-query.ts'
import { type App, Reply, reply } from './reply.ts'
import { CamerasActivity } from './schemas/camera-activity.ts'
import { Camera, CameraInput, Cameras } from './schemas/cameras.ts'

type CameraServices = { cameras: CameraService; activity: CameraActivityService }

/** Cameras: list, activity, create, rename, delete. */
export function cameraRoutes(
  cameras: CameraService,
  activity: CameraActivityService,
): FastifyPluginAsyncTypebox {
  return async (app) => {
    addReading(app, { cameras, activity })
    addChanges(app, cameras)
  }
}

function addReading(app: App, { cameras, activity }: CameraServices): void {
  app.get(
    '/api/cameras',
    { config: { access: 'read', isEmbedded: true }, schema: { response: { 200: Reply(Cameras) } } },
    async ({ principal }) => {
      const visible = await cameras.list(principal.visibility)
      return reply('Cameras fetched successfully', { cameras: visible, total_cameras: visible.length })
    },
  )

  app.get(
    '/api/cameras/activity',
    {
      config: { access: 'read' },
      schema: {
        querystring: Type.Object({
          hours: Type.Unsafe<StripHours>({
            type: 'integer',
            enum: Object.keys(STRIP_STEPS).map(Number),
            default: 24,
            description: 'Hours of the period: 24 in steps of half an hour, 168 in steps of three hours',
          }),
          end_date: Type.Optional(
            Type.String({ maxLength: 40, description: 'End of the period; now when unset' }),
          ),
          page: pagingParameters.page,
          limit: { ...pagingParameters.limit, default: 1000, description: 'Cameras per page, by name' },
        }),
        response: { 200: Reply(CamerasActivity) },
      },
    },
    async ({ query: { hours, end_date, page, limit }, principal }) =>
      reply(
        'Activity of the cameras fetched successfully',
        await activity.list(hours, end_date, principal.visibility, { offset: (page - 1) * limit, limit }),
      ),
  )
}

function addChanges(app: App, cameras: CameraService): void {
  app.post(
    '/api/cameras',
    {
      config: { access: 'admin' },
      schema: { body: CameraInput, response: { 201: Reply(Type.Object({ camera: Camera })) } },
    },
    async ({ body }, response) => {
      const camera = await cameras.create(body)
      return response.code(201).send(reply('Camera created successfully', { camera }))
    },
  )

  app.put(
    '/api/cameras/:id',
    {
      config: { access: 'admin' },
      schema: {
        params: Type.Object({ id: Type.Integer({ minimum: 1, maximum: 2147483647 }) }),
        body: Type.Pick(CameraInput, ['name'], { additionalProperties: false }),
        response: { 200: Reply(Type.Object({ camera: Camera })) },
      },
    },
    async ({ params, body }) =>
      reply('Camera renamed successfully', { camera: await cameras.rename(params.id, body.name) }),
  )

  app.delete(
    '/api/cameras/:id',
    {
      config: { access: 'admin' },
      schema: {
        params: Type.Object({ id: Type.Integer({ minimum: 1, maximum: 2147483647 }) }),
        response: { 200: Reply(Type.Object({ camera: Type.Pick(Camera, ['id', 'name']) })) },
      },
    },
    async ({ params }) => reply('Camera deleted successfully', { camera: await cameras.delete(params.id) }),
  )
}

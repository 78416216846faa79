import type pg from 'pg'
import * as cameras from '../../store/cameras/cameras.ts'
import { FreshValue } from '../../store/database/fresh-value.ts'
import type { Visibility } from '../../store/filter/log-filter.ts'
import type { AuditTrail } from '../access/audit-trail.ts'
import { AppError } from '../app-error.ts'

export type CameraInput = { id?: number | undefined; name: string }

/** The cameras, as far as the caller may see them. */
export class CameraService {
  readonly #pool: pg.Pool
  readonly #auditTrail: AuditTrail
  readonly #onDeleted: () => Promise<void>
  readonly #all = new FreshValue<cameras.Camera[]>()

  /** @param onDeleted has the logs of deleted cameras rewritten */
  constructor(pool: pg.Pool, auditTrail: AuditTrail, onDeleted: () => Promise<void>) {
    this.#pool = pool
    this.#auditTrail = auditTrail
    this.#onDeleted = onDeleted
  }

  /** Forgets what is known; called on every notice that a camera changed. */
  reload(): void {
    this.#all.reload()
  }

  async list(visibility: Visibility): Promise<cameras.Camera[]> {
    const all = await this.#read()
    return all.filter(({ id }) => !visibility.cameras || visibility.cameras.includes(id))
  }

  /** The name of each camera by id. */
  async names(): Promise<Map<number, string>> {
    return new Map((await this.#read()).map(({ id, name }) => [id, name]))
  }

  async isVisible(id: number, visibility: Visibility): Promise<boolean> {
    return (await this.list(visibility)).some((camera) => camera.id === id)
  }

  /** @throws {AppError} CAMERA_EXISTS when the id is taken, CONFLICT when logs of a deleted camera still name it */
  async create(input: CameraInput): Promise<cameras.Camera> {
    const camera = await this.#auditTrail.change(async (client) => {
      const result = await cameras.createCamera(client, input)
      const entry = result && {
        action: 'camera.create',
        entity: `camera ${result.id}`,
        after: { name: result.name },
      }
      return { result, entry }
    })
    this.reload()
    if (camera) return camera
    if (input.id !== undefined && (await cameras.isBeingForgotten(this.#pool, input.id))) {
      throw new AppError(
        'CONFLICT',
        `The logs of the deleted camera ${input.id} are still being rewritten. Try again in a few minutes, or use another id.`,
      )
    }
    throw new AppError('CAMERA_EXISTS', `Camera with ID ${input.id} exists already`)
  }

  /** @throws {AppError} CAMERA_NOT_FOUND */
  async rename(id: number, name: string): Promise<cameras.Camera> {
    const camera = await this.#auditTrail.change(async (client) => {
      const result = await cameras.renameCamera(client, id, name)
      const names = result && { before: { name: result.old_name }, after: { name } }
      return { result, entry: names && { action: 'camera.rename', entity: `camera ${id}`, ...names } }
    })
    this.reload()
    if (camera) return { id: camera.id, name: camera.name, created_at: camera.created_at }
    throw new AppError('CAMERA_NOT_FOUND', `Camera with ID ${id} not found`)
  }

  /**
   * Deletes a camera. Its logs read as having no camera at once, their `source` stays.
   *
   * @throws {AppError} CAMERA_NOT_FOUND
   */
  async delete(id: number): Promise<{ id: number; name: string }> {
    const name = await this.#auditTrail.change(async (client) => {
      const result = await cameras.deleteCamera(client, id)
      const entry = { action: 'camera.delete', entity: `camera ${id}`, before: { name: result } }
      return { result, entry: result === undefined ? undefined : entry }
    })
    this.reload()
    if (name === undefined) throw new AppError('CAMERA_NOT_FOUND', `Camera with ID ${id} not found`)
    await this.#onDeleted()
    return { id, name }
  }

  #read(): Promise<cameras.Camera[]> {
    return this.#all.get(() => cameras.listCameras(this.#pool))
  }
}

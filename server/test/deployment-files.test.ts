// The image, the compose files and the manifests of Kubernetes name what is there: variables, ports, routes, each other.
// Their schema was looked at by hand (docs/install.md): the published one takes misspelt fields, which says little.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { ROOT } from '../../test/repository/source-files.ts'
import { readConfig, VARIABLES } from '../src/config.ts'

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const dockerfile = read('Dockerfile')
const [, uid] = /^USER (\d+):\1$/m.exec(dockerfile) ?? []
const { port } = readConfig({})

describe('the Dockerfile', () => {
  it('copies what is there, and not what .dockerignore leaves out', () => {
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, paths = '']) =>
      paths.split(' '),
    )
    expect(copied.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
    const ignored = read('.dockerignore').split('\n')
    for (const path of ['scripts', 'server', 'server/bin', 'server/migrations', 'logger', 'web', 'LICENSE'])
      expect(ignored).not.toContain(path)
  })

  it('listens on the default port, as a user of its own with a number', () => {
    expect(dockerfile).toContain(`EXPOSE ${port}\n`)
    expect(dockerfile).toContain(`--uid ${uid} `)
    expect(Number(uid)).toBeGreaterThan(0)
  })
})

describe.each(['compose.yaml', 'compose.postgres.yaml'])('%s', (path) => {
  const { services, volumes } = parse(read(path))

  it('sets variables that the server reads, and publishes its port to this machine alone', () => {
    expect(Object.keys(services.logs.environment).filter((name) => !VARIABLES.includes(name))).toEqual([])
    expect(services.logs.ports).toEqual([`127.0.0.1:${port}:${port}`])
  })

  it('keeps everything that is written in volumes that it declares', () => {
    const used = Object.values<{ volumes: string[] }>(services).flatMap((one) =>
      one.volumes.map((volume) => volume.split(':')[0] ?? ''),
    )
    expect(used.sort()).toEqual(Object.keys(volumes).sort())
    expect(services.logs).toMatchObject({ read_only: true, tmpfs: ['/tmp'] })
  })
})

describe.each(['built-in-postgres', 'external-postgres'])('examples/kubernetes/%s.yaml', (name) => {
  const documents = parseAllDocuments(read(`examples/kubernetes/${name}.yaml`))
  const all = documents.map((one) => one.toJS())
  const { spec: service } = all.find(({ kind }) => kind === 'Service') as { spec: Service }
  const { spec: workload } = all.find(({ kind }) => kind !== 'Service') as { spec: Workload }
  const { spec: pod, metadata } = workload.template
  const [container] = pod.containers

  it('leads from the service to the pods, and from every mount to a volume', () => {
    expect(metadata.labels).toMatchObject(service.selector)
    expect(metadata.labels).toMatchObject(workload.selector.matchLabels)
    expect(container.ports).toEqual([{ name: service.ports[0]?.targetPort, containerPort: port }])
    const claimed = (workload.volumeClaimTemplates ?? []).map((claim) => claim.metadata.name)
    const volumes = [...pod.volumes.map((volume) => volume.name), ...claimed]
    expect(container.volumeMounts.map((mount) => mount.name).sort()).toEqual(volumes.sort())
  })

  it('runs as the user of the image, with variables that the server reads and time to stop', () => {
    expect(container.env.map((one) => one.name).filter((one) => !VARIABLES.includes(one))).toEqual([])
    const own = Number(uid)
    expect(pod.securityContext).toMatchObject({ runAsUser: own, runAsGroup: own, fsGroup: own })
    expect(container.securityContext.readOnlyRootFilesystem).toBe(true)
    // The server gives each of its parts a minute.
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(60)
  })

  it('asks the routes for health, and restarts for the one alone that looks at nothing else', () => {
    const path = (probe: Probe) => probe.httpGet.path
    expect([container.startupProbe, container.livenessProbe].map(path)).toEqual(['/healthz', '/healthz'])
    expect(path(container.readinessProbe)).toBe('/readyz')
  })
})

type Named = { name: string }
type Probe = { httpGet: { path: string } }
type Service = { selector: object; ports: { targetPort: string }[] }
type Container = {
  ports: object[]
  env: Named[]
  volumeMounts: Named[]
  securityContext: { readOnlyRootFilesystem: boolean }
  startupProbe: Probe
  livenessProbe: Probe
  readinessProbe: Probe
}
type Workload = {
  selector: { matchLabels: object }
  volumeClaimTemplates?: { metadata: Named }[]
  template: {
    metadata: { labels: object }
    spec: {
      containers: [Container]
      volumes: Named[]
      securityContext: object
      terminationGracePeriodSeconds: number
    }
  }
}

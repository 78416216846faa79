import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { backupPlanOf, misspelt, readConfig, VARIABLES } from './config.ts'
import { databaseUrls } from './database-url.ts'

const NO_SYSLOG = { host: '127.0.0.1', cameras: new Map(), timezone: 'UTC' }
const LOCAL = { host: '127.0.0.1' }
const EVERYWHERE = { host: '::' }

test('needs no configuration at all', () => {
  expect(readConfig({})).toEqual({
    syslog: NO_SYSLOG,
    ...{ gelf: LOCAL, forward: LOCAL, otlpGrpc: LOCAL },
    host: '127.0.0.1',
    port: 4700,
    databaseUrl: undefined,
    dataDir: resolve('data'),
    roles: new Set(['ingest', 'query', 'jobs', 'page']),
    publicUrl: undefined,
    tls: undefined,
    oidc: undefined,
    trustedHeader: undefined,
    trustProxy: false,
    adminApiKey: undefined,
    alertsKey: undefined,
    alertsAllowLocal: false,
    alertsHeartbeatUrl: undefined,
  })
})

test('takes the roles of a server as a list', () => {
  const url = { DATABASE_URL: 'postgres://me@db/logs' }
  expect(readConfig({ ...url, SERVE: 'jobs, query,' }).roles).toEqual(new Set(['jobs', 'query']))
  expect(() => readConfig({ SERVE: 'query' })).toThrow('SERVE is set, but DATABASE_URL is not.')
  expect(() => readConfig({ SERVE: 'query,worker' })).toThrow(
    'SERVE is not valid ("worker"). It must be a list of roles, separated by commas: ingest, query, jobs, page.',
  )
})

test('takes an empty variable for an unset one', () => {
  expect(readConfig({ PORT: '', DATABASE_URL: ' ' })).toEqual(readConfig({}))
})

test('reads what is set', () => {
  const config = readConfig({
    HOST: '::',
    PORT: '0',
    DATABASE_URL: 'postgresql://me@db/logs',
    DATA_DIR: '/var/lib/logs',
    PUBLIC_URL: 'https://logs.example.org/',
    TRUST_PROXY: '10.0.0.5, 172.16.0.0/12',
    TLS_CERT: '/etc/tls/tls.crt',
    TLS_KEY: '/etc/tls/tls.key',
    ADMIN_API_KEY: '0123456789abcdef',
    ALERTS_KEY: 'fedcba9876543210',
    ALERTS_ALLOW_LOCAL: 'true',
    ALERTS_HEARTBEAT_URL: 'https://watch.example.org/ping',
    BACKUP_FOLDER: '/mnt/backups',
    BACKUP_AT: '23:30',
  })
  expect(config).toEqual({
    syslog: { ...NO_SYSLOG, host: '::' },
    ...{ gelf: EVERYWHERE, forward: EVERYWHERE, otlpGrpc: EVERYWHERE },
    host: '::',
    port: 0,
    databaseUrl: 'postgresql://me@db/logs',
    dataDir: '/var/lib/logs',
    roles: new Set(['ingest', 'query', 'jobs', 'page']),
    publicUrl: 'https://logs.example.org',
    trustProxy: ['10.0.0.5', '172.16.0.0/12'],
    tls: { certificate: '/etc/tls/tls.crt', key: '/etc/tls/tls.key' },
    oidc: undefined,
    trustedHeader: undefined,
    adminApiKey: '0123456789abcdef',
    alertsKey: 'fedcba9876543210',
    alertsAllowLocal: true,
    alertsHeartbeatUrl: 'https://watch.example.org/ping',
    backups: { folder: '/mnt/backups', atMinutes: 1410, keep: 14 },
  })
})

test('listens for syslog where it is told to', () => {
  const { syslog } = readConfig({
    SYSLOG_HOST: '0.0.0.0',
    SYSLOG_UDP_PORT: '514',
    SYSLOG_CAMERAS: '10.0.0.21=3, Front-Door = 4,',
    SYSLOG_TIMEZONE: 'Europe/Berlin',
  })
  expect(syslog).toEqual({
    host: '0.0.0.0',
    udpPort: 514,
    cameras: new Map([
      ['10.0.0.21', 3],
      ['front-door', 4],
    ]),
    timezone: 'Europe/Berlin',
  })
})

test.each([
  ['https://logs.example.org', 'https://logs.example.org'],
  ['https://example.org/logs', 'https://example.org/logs'],
  ['http://example.org:8080/our/logs/', 'http://example.org:8080/our/logs'],
])('PUBLIC_URL may have a path: %s', (given, taken) => {
  expect(readConfig({ PUBLIC_URL: given }).publicUrl).toBe(taken)
})

describe('refuses, naming variable and value,', () => {
  test.each([
    ['HOST', 'not a host'],
    ['PORT', '70000'],
    ['PORT', 'http'],
    ['PORT', '-1'],
    ['PUBLIC_URL', 'logs.example.org'],
    ['PUBLIC_URL', 'https://example.org/logs?of=us'],
    ['PUBLIC_URL', 'https://example.org/our logs'],
    ['TRUST_PROXY', 'yes'],
    ['TRUST_PROXY', '10.0.0.0/33'],
    ['SYSLOG_UDP_PORT', 'yes'],
    ['SYSLOG_CAMERAS', '10.0.0.21'],
    ['SYSLOG_CAMERAS', 'door=front'],
    ['SYSLOG_TIMEZONE', 'Berlin'],
  ])('%s=%s', (name, value) => {
    expect(() => readConfig({ [name]: value })).toThrow(`${name} is not valid ("${value}"). It must be `)
  })

  test.each([
    ['DATABASE_URL', 'mysql://me:secret@db/logs'],
    ['DATABASE_URL', 'secret'],
    ['DATABASE_DIRECT_URL', 'db:5432/secret'],
    ['DATABASE_READ_URL', 'db:5432/secret'],
    ['DATABASE_URL', 'postgres://me:p#secret@db/logs'],
    ['DATABASE_URL', 'postgres://me:p@secret@db/logs'],
    ['DATABASE_URL', 'postgres://me:p@ss#secret@db/logs'],
    ['DATABASE_URL', 'postgres://me:12/secret@db/logs'],
    ['DATABASE_URL', 'postgres://me:12?secret@db/logs'],
    ['DATABASE_URL', 'postgres://me:100%secret@db/logs'],
    ['ADMIN_API_KEY', 'secret'],
    ['ADMIN_API_KEY', 'secret with some spaces'],
    ['BACKUP_S3_URL', 'https://id:secret@s3.example/bucket'],
    ['BACKUP_S3_URL', 'https://s3.example/bucket?X-Amz-Signature=secret'],
  ])('%s, whose value is a secret', (name, value) => {
    expect(() => readConfig({ [name]: value })).toThrow(`${name} is not valid (not shown here). It must be `)
    expect(() => readConfig({ [name]: value })).not.toThrow('secret')
  })
})

describe('the key of alert channels in a file', () => {
  let folder: string
  const path = () => join(folder, 'key')

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'alerts-key-'))
  })

  afterAll(() => rmSync(folder, { recursive: true }))

  test.each(['0123456789abcdef', '0123456789abcdef\n', '0123456789abcdef\r\n'])('is %j', (text) => {
    writeFileSync(path(), text)
    expect(readConfig({ ALERTS_KEY_FILE: path() }).alertsKey).toBe('0123456789abcdef')
    expect(readConfig({ ALERTS_KEY_FILE: path() })).not.toHaveProperty('keyFile')
  })

  test('is refused when it is too short, and not shown', () => {
    writeFileSync(path(), 'secret\n')
    const read = () => readConfig({ ALERTS_KEY_FILE: path() })
    expect(read).toThrow(
      'ALERTS_KEY_FILE is not valid (not shown here). It must be the path of a file with at least 16 characters',
    )
    expect(read).not.toThrow('secret')
  })

  test('is refused when it cannot be read, or is given twice', () => {
    const missing = join(folder, 'missing')
    expect(() => readConfig({ ALERTS_KEY_FILE: missing })).toThrow(
      `ALERTS_KEY_FILE cannot be read (${missing}: ENOENT). It must be a file`,
    )
    expect(() => readConfig({ ALERTS_KEY_FILE: folder })).toThrow('EISDIR')
    const both = { ALERTS_KEY: '0123456789abcdef', ALERTS_KEY_FILE: missing }
    expect(() => readConfig(both)).toThrow('ALERTS_KEY and ALERTS_KEY_FILE are both set. Set one of them.')
  })
})

describe('sign-in by a provider', () => {
  const OIDC = {
    ...{ PUBLIC_URL: 'https://logs.example.org/in', OIDC_ISSUER: 'https://sso.example.org/realms/main' },
    ...{ OIDC_CLIENT_ID: 'logs', OIDC_CLIENT_SECRET: 'a-secret' },
    ...{ OIDC_ADMIN_GROUPS: 'ops, platform team', OIDC_CAMERA_GROUPS: 'barn team=3+4,gate=7' },
  }

  test('is read whole', () => {
    expect(readConfig(OIDC).oidc).toEqual({
      ...{ issuer: 'https://sso.example.org/realms/main', clientId: 'logs', clientSecret: 'a-secret' },
      ...{ name: 'single sign-on', scopes: 'openid profile email' },
      ...{ groupsClaim: 'groups', nameClaim: 'preferred_username', sessionHours: 24 },
      ...{ adminGroups: ['ops', 'platform team'], viewerGroups: [] },
      cameraGroups: new Map([
        ['barn team', [3, 4]],
        ['gate', [7]],
      ]),
      redirectUrl: 'https://logs.example.org/in/api/auth/oidc/callback',
    })
  })

  test.each([
    [{ OIDC_ISSUER: '' }, 'OIDC_ISSUER is not set, but OIDC_CLIENT_ID is'],
    [{ OIDC_CLIENT_ID: '' }, 'OIDC_CLIENT_ID is not set, but OIDC_ISSUER is'],
    [{ PUBLIC_URL: '' }, 'PUBLIC_URL is not set, but OIDC_ISSUER is'],
    [{ OIDC_ADMIN_GROUPS: '', OIDC_CAMERA_GROUPS: '' }, 'No user could sign in'],
    [{ OIDC_ISSUER: 'http://sso.example.org' }, 'OIDC_ISSUER is not valid'],
    [{ OIDC_ISSUER: 'https://me:secret@sso.example.org' }, 'OIDC_ISSUER is not valid'],
    [{ OIDC_SCOPES: 'profile' }, 'OIDC_SCOPES is not valid'],
    [{ OIDC_CAMERA_GROUPS: 'barn=all' }, 'OIDC_CAMERA_GROUPS is not valid'],
    [{ OIDC_SESSION_HOURS: '0' }, 'OIDC_SESSION_HOURS is not valid'],
    [{ OIDC_CLIENT_SECRET: 'with a space' }, 'OIDC_CLIENT_SECRET is not valid (not shown here)'],
  ])('is refused with %o', (change, sentence) => {
    expect(() => readConfig({ ...OIDC, ...change })).toThrow(sentence)
  })
})

describe('sign-in by a header of the proxy', () => {
  const HEADER = {
    ...{
      TRUST_PROXY: '10.0.0.5,fd00::/8',
      TRUSTED_USER_HEADER: 'Remote-User',
      TRUSTED_GROUPS_HEADER: 'Remote-Groups',
    },
    ...{ TRUSTED_NAME: 'Authelia', TRUSTED_ADMIN_GROUPS: 'ops', TRUSTED_SESSION_HOURS: '8' },
  }

  test('is read whole', () => {
    expect(readConfig(HEADER).trustedHeader).toEqual({
      ...{ userHeader: 'remote-user', groupsHeader: 'remote-groups', proxies: ['10.0.0.5', 'fd00::/8'] },
      ...{
        name: 'Authelia',
        sessionHours: 8,
        adminGroups: ['ops'],
        viewerGroups: [],
        cameraGroups: new Map(),
      },
    })
  })

  test.each([
    [{ TRUST_PROXY: '' }, 'TRUST_PROXY does not list the addresses of the proxy'],
    [{ TRUST_PROXY: 'true' }, 'TRUST_PROXY does not list the addresses of the proxy'],
    [{ TRUST_PROXY: '10.0.0.5,0.0.0.0/0' }, 'TRUST_PROXY does not list the addresses of the proxy'],
    [{ TRUST_PROXY: '::/0' }, 'TRUST_PROXY does not list the addresses of the proxy'],
    [{ TRUSTED_USER_HEADER: '' }, 'TRUSTED_USER_HEADER is not set, but TRUSTED_GROUPS_HEADER is'],
    [{ TRUSTED_GROUPS_HEADER: '' }, 'TRUSTED_GROUPS_HEADER is not set, but TRUSTED_USER_HEADER is'],
    [{ TRUSTED_GROUPS_HEADER: 'remote-user' }, 'are the same header'],
    [{ TRUSTED_USER_HEADER: 'Authorization' }, 'TRUSTED_USER_HEADER is not valid'],
    [{ TRUSTED_USER_HEADER: 'X-Forwarded-For' }, 'TRUSTED_USER_HEADER is not valid'],
    [{ TRUSTED_GROUPS_HEADER: 'Remote Groups' }, 'TRUSTED_GROUPS_HEADER is not valid'],
    [{ TRUSTED_ADMIN_GROUPS: '' }, 'No user could sign in'],
    [{ TRUSTED_SESSION_HOURS: '721' }, 'TRUSTED_SESSION_HOURS is not valid'],
    [
      {
        OIDC_ISSUER: 'https://sso.example.org',
        OIDC_CLIENT_ID: 'x',
        OIDC_VIEWER_GROUPS: 'x',
        PUBLIC_URL: 'https://logs.example.org',
      },
      'both set',
    ],
  ])('is refused with %o', (change, sentence) => {
    expect(() => readConfig({ ...HEADER, ...change })).toThrow(sentence)
  })
})

test.each([
  ['TLS_CERT', 'TLS_CERT is set, but TLS_KEY is not'],
  ['TLS_KEY', 'TLS_KEY is set, but TLS_CERT is not'],
])('%s alone is refused', (name, sentence) => {
  expect(() => readConfig({ [name]: '/tls.pem' })).toThrow(sentence)
})

test.each([
  ['DATABASE_URL', 'postgres://me:secret@/logs?host=one,two'],
  ['DATABASE_READ_URL', 'postgres://me:secret@one,two/logs'],
])('%s=%s is refused, as it names several hosts', (name, url) => {
  const read = () => readConfig({ DATABASE_URL: 'postgres://me@db/logs', [name]: url })
  expect(read).toThrow(`${name} contains several hosts, but only one is supported. Use the host that follows`)
  expect(read).not.toThrow('secret')
})

test('DATABASE_URL may name several hosts, each of which has to be right, and no pooler beside them', () => {
  const url = 'postgresql://me:secret@one:5432,two:5433/logs?target_session_attrs=read-write'
  expect(readConfig({ DATABASE_URL: url }).databaseUrl).toBe(url)
  expect(databaseUrls(url)).toEqual([
    'postgresql://me:secret@one:5432/logs?target_session_attrs=read-write',
    'postgresql://me:secret@two:5433/logs?target_session_attrs=read-write',
  ])
  expect(databaseUrls('postgres:///logs?host=/run/postgresql')).toEqual([
    'postgres:///logs?host=/run/postgresql',
  ])
  const misread = () => readConfig({ DATABASE_URL: 'postgres://me:secret@one:5432,two:port/logs' })
  expect(misread).toThrow('DATABASE_URL is not valid (not shown here)')
  expect(() => readConfig({ DATABASE_URL: url, DATABASE_DIRECT_URL: 'postgres://me@one/logs' })).toThrow(
    'DATABASE_URL contains several hosts, and DATABASE_DIRECT_URL is set.',
  )
})

test.each([
  'postgres://me:one,two@db/logs',
  'postgres://me:p%40%23ss@db:5433/logs?sslmode=require',
  'postgresql://me@db/logs',
  'postgres:///logs?host=/run/postgresql',
  'postgres://me@%2Frun%2Fpostgresql/logs',
])('DATABASE_URL may be %s', (url) => {
  expect(readConfig({ DATABASE_URL: url }).databaseUrl).toBe(url)
})

test.each([
  ['PROT', 'PORT'],
  ['DATABSE_URL', 'DATABASE_URL'],
  ['DATABASE_URI', 'DATABASE_URL'],
  ['DATADIR', 'DATA_DIR'],
  ['SYSLOG_UPD_PORT', 'SYSLOG_UDP_PORT'],
  ['TIMELAPSER_LOG_URL', 'TIMELAPSER_LOGS_URL'],
  ['public_url', 'PUBLIC_URL'],
])('the misspelt variable %s is told of, as perhaps %s', (name, meant) => {
  expect(misspelt({ [name]: 'secret' })).toEqual([
    `The variable ${name} is unknown and ignored. Did you mean ${meant}?`,
  ])
})

test('variables of other programs are not told of, nor one beside the one that is meant', () => {
  const names = ['PATH', 'POST', 'PORTS', 'HOME', 'HOSTNAME', 'PGHOST', 'DATA', 'XDG_DATA_DIRS', 'PG_URL']
  expect(misspelt(Object.fromEntries([...names, ...VARIABLES].map((name) => [name, 'x'])))).toEqual([])
  expect(misspelt({ PORT: '1', PROT: '2' })).toEqual([])
})

const root = join(import.meta.dirname, '../..')

test('a bucket for backups has an address with its name, credentials and, on a server, a folder', () => {
  const bucket = {
    BACKUP_FOLDER: '/mnt/backups',
    BACKUP_S3_URL: 'https://s3.example/bucket/folder/',
    AWS_ACCESS_KEY_ID: 'id',
    AWS_SECRET_ACCESS_KEY: 'secret',
  }
  const { BACKUP_FOLDER: folder, ...withoutFolder } = bucket
  // The command is given its folder.
  const read = readConfig(withoutFolder)
  expect(read.bucket).toMatchObject({
    ...{ url: 'https://s3.example/bucket/folder', accessKeyId: 'id', secretAccessKey: 'secret' },
  })
  expect(backupPlanOf(readConfig(bucket))).toMatchObject({ folder, bucket: read.bucket })
  expect(() => backupPlanOf(read)).toThrow('BACKUP_S3_URL is set, but BACKUP_FOLDER is not.')
  expect(() => readConfig({ ...bucket, AWS_SECRET_ACCESS_KEY: '' })).toThrow('AWS_SECRET_ACCESS_KEY is not')
  for (const url of [
    's3://bucket',
    'https://s3.example',
    'https://a:b@s3.example/x',
    'https://s3.example/b?x=1',
    'https://s3.example/bucket/100%',
    'https://s3.example/bucket/%ff',
  ]) {
    expect(() => readConfig({ ...bucket, BACKUP_S3_URL: url })).toThrow('BACKUP_S3_URL is not valid')
  }
  // The credentials of other tools alone ask for nothing.
  expect(readConfig({ AWS_ACCESS_KEY_ID: 'id' }).backups).toBe(undefined)
})

test('every variable that is read is documented, and none besides', () => {
  const commands = globSync('server/src/cli/**/*.ts', { cwd: root })
    .flatMap((file) => [...readFileSync(join(root, file), 'utf8').matchAll(/\.env\('(\w+)'\)/g)])
    .map(([, name]) => name)
  const documented = [
    ...readFileSync(join(root, 'docs/configuration.md'), 'utf8').matchAll(/^\| `([A-Z\d_]+)` +\|/gm),
  ].map(([, name]) => name)
  expect(documented.toSorted()).toEqual([...new Set([...VARIABLES, ...commands])].toSorted())
})

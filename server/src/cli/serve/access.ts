import type { FastifyPluginAsync } from 'fastify'
import type { Config } from '../../config.ts'
import { accessPlugin } from '../../http/access.ts'
import { signInUrl } from '../../http/users.ts'
import { Accounts } from '../../service/access/accounts.ts'
import { ApiKeys } from '../../service/access/api-keys.ts'
import { AuditTrail } from '../../service/access/audit-trail.ts'
import { EmbedLinks } from '../../service/access/embed-links.ts'
import { ensureLocalApiKey } from '../../service/access/local-api-key.ts'
import type { PasswordHashing } from '../../service/access/password-sign-in.ts'
import type { AuditRow } from '../../store/accounts/audit.ts'
import { AuditHashFile } from '../../store/accounts/audit-hash-file.ts'
import type { Notices } from '../../store/database/notices.ts'
import type { Database } from '../../store/database/open.ts'

export type AccessOptions = {
  config: Pick<Config, 'adminApiKey' | 'dataDir' | 'publicUrl' | 'tls' | 'oidc' | 'trustedHeader' | 'embed'>
  database: Pick<Database, 'pool' | 'libraryPool'>
  /** Receives failures of background work. */
  onTrouble: (message: string) => void
  /** Receives each entry of the audit trail. */
  onAudit: (entry: AuditRow) => void
  passwords?: PasswordHashing | undefined
}

/** How people and programs come in. */
export type Access = {
  /** Where everything people and programs do is written down. */
  auditTrail: AuditTrail
  plugin: (notices: Notices) => FastifyPluginAsync
  /** The administrator's key when it was made just now. */
  newApiKey: string | undefined
  /** Makes the first administrator, once; undefined when there is already an administrator. */
  signInLink: (url: string) => string | undefined
  /** Writes down which keys were used. */
  close: () => Promise<void>
}

/**
 * Opens accounts and keys. Until somebody is administrator every start makes a link that lets one in, and a machine
 * without a key of its own gets one, unless the operator gave another in ADMIN_API_KEY.
 */
export async function openAccess(options: AccessOptions): Promise<Access> {
  const { config, database, onTrouble, onAudit, passwords } = options
  const { publicUrl, adminApiKey } = config
  const hashes = new AuditHashFile(config.dataDir, (error) =>
    onTrouble(
      `The hashes of the audit trail could not be stored in ${config.dataDir}: ${error instanceof Error ? error.message : error}`,
    ),
  )
  const auditTrail = new AuditTrail({ pool: database.pool, onEntry: onAudit, hashes })
  const accounts = await Accounts.open({
    ...database,
    auditTrail,
    secureCookie: publicUrl?.startsWith('https:') ?? config.tls !== undefined,
    onTrouble: (message) => onTrouble(`Sign-in: ${message}`),
    passwords,
    oidc: config.oidc,
    trustedHeader: config.trustedHeader,
  })
  const apiKeys = new ApiKeys({
    pool: database.pool,
    auditTrail,
    adminApiKey,
    onFlushFailed: (error) =>
      onTrouble(
        `The last use of API keys could not be stored: ${error instanceof Error ? error.message : error}`,
      ),
  })
  const embedLinks = new EmbedLinks(config.embed?.secret)
  const newApiKey = adminApiKey === undefined ? await ensureLocalApiKey(apiKeys, config.dataDir) : undefined
  const firstLink = await accounts.links.createFirst()
  return {
    auditTrail,
    plugin: (notices) => accessPlugin({ accounts, apiKeys, embedLinks, notices, publicUrl }),
    newApiKey,
    signInLink: (url) => (firstLink === undefined ? undefined : signInUrl(publicUrl ?? url, firstLink)),
    close: async () => {
      await apiKeys.close()
      await hashes.close()
    },
  }
}

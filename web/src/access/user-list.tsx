import { Failed } from '../controls/failed.tsx'
import { SkeletonRows } from '../controls/skeleton.tsx'
import { SECTION } from '../controls/surfaces.ts'
import { InviteUser } from './invite-user.tsx'
import { useUsers } from './use-access.ts'
import { UserItem } from './user-item.tsx'

/** Everybody who may sign in, and a way to invite somebody. */
export function UserList() {
  const users = useUsers()
  return (
    <section className={SECTION}>
      <h2 className="text-title font-semibold lg:col-span-2">Users</h2>
      {users.isPending && <SkeletonRows name="users" rows={3} height="h-[4.75rem]" />}
      {users.isError && <Failed what="The users" error={users.error} retry={() => users.refetch()} />}
      {users.data && (
        <ul className="divide-y divide-line rounded-lg border border-line bg-surface">
          {users.data.users.map((user) => (
            <UserItem key={user.id} user={user} />
          ))}
        </ul>
      )}
      {!users.isPending && <InviteUser />}
    </section>
  )
}

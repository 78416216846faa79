import { Skeleton } from '../controls/skeleton.tsx'
import { InviteUser } from './invite-user.tsx'
import { useUsers } from './use-access.ts'
import { UserItem } from './user-item.tsx'

/** Everybody who may sign in, and a way to invite somebody. */
export function UserList() {
  const users = useUsers()
  return (
    <section className="grid grid-cols-1 gap-4">
      <h2 className="text-title font-semibold">Users</h2>
      {users.isPending && <Skeleton className="h-16 w-full" />}
      {users.isError && <p className="text-error">The users could not be loaded: {users.error.message}</p>}
      {users.data && (
        <ul className="divide-y divide-line rounded-lg border border-line bg-surface">
          {users.data.users.map((user) => (
            <UserItem key={user.id} user={user} />
          ))}
        </ul>
      )}
      <InviteUser />
    </section>
  )
}

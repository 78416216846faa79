import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { Board, BoardChange, BoardInput, Boards, PinnedChartInput } from 'timelapser-logs/api/boards'
import { request } from '../api/client.ts'
import { notify } from '../controls/notice.tsx'

/** One's own boards and those that others share, by name, without their charts. */
export function useBoards() {
  return useQuery({
    queryKey: ['boards'],
    queryFn: async ({ signal }) => (await request<Boards>('/api/boards', { signal })).boards,
    staleTime: 0,
  })
}

export function useBoard(id: number) {
  return useQuery({
    queryKey: ['boards', id],
    queryFn: async ({ signal }) => (await request<{ board: Board }>(`/api/boards/${id}`, { signal })).board,
    staleTime: 0,
  })
}

type Change =
  | { method: 'POST'; path: '/api/boards'; body: BoardInput }
  | { method: 'POST'; path: `/api/boards/${number}/charts`; body: PinnedChartInput }
  | { method: 'PATCH'; path: `/api/boards/${number}`; body: BoardChange }
  | { method: 'DELETE'; path: `/api/boards/${number}` }

export function useChangeBoards(onDone?: (board: Board) => void) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: ({ path, ...options }: Change) => request<{ board: Board }>(path, options),
    onSuccess: async ({ board }, { method }) => {
      if (method === 'DELETE') client.removeQueries({ queryKey: ['boards', board.id] })
      else client.setQueryData(['boards', board.id], board)
      await client.invalidateQueries({ queryKey: ['boards'], exact: true })
      onDone?.(board)
    },
    onError: (error) => notify(error.message, 'failed'),
  })
}

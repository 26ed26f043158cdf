/**
 * Visits that the centre asks of this officer: follow-ups of households that were interviewed before.
 *
 * TK1 a task is shown as soon as the feed brings it, and goes when it is answered here, sent or not, or
 *     when the centre does not ask for it any more
 * TK2 opening one opens its form with the household chosen; begun and left, it goes on where it was left
 * TK3 what is not on this laptop yet (the household, the form) is said, and the task stays
 *
 * Not here: who is visited, and why (the collector).
 */
import { err, fault, type Result } from '@murram/ground'
import type { TaskBody } from '@murram/wire'
import { combineLatest, map, of, startWith, switchMap, type Observable } from 'rxjs'
import type { Capture, CaptureRoom } from '../capture/capture.ts'
import type { FormShelf } from '../shelf/form-shelf.ts'
import type { DraftDoc, SubmissionDoc } from '../store/collections.ts'
import type { Mirror } from '../store/mirror.ts'
import type { Store } from '../store/open-store.ts'

export interface Task extends Pick<TaskBody, 'taskId' | 'kind' | 'label' | 'dueFromMs' | 'dueToMs' | 'why'> {
  readonly formId: string
  /** `null`: the form is not on this laptop yet. */
  readonly formTitle: string | null
  readonly entityId: string
  /** Whether the household is on this laptop. */
  readonly isHere: boolean
  /** Begun and not finished. */
  readonly draft: string | null
}

export interface Tasks {
  /** What ends first, first. */
  readonly watch: () => Observable<readonly Task[]>
  readonly open: (taskId: string) => Promise<Result<Capture>>
}

export interface TasksDeps extends Pick<Store, 'collections'> {
  readonly mirror: Pick<Mirror, 'watch' | 'find' | 'scan'>
  readonly forms: Pick<FormShelf, 'form' | 'changes$'>
  readonly capture: Pick<CaptureRoom, 'open'>
}

export function createTasksRoom({ collections, mirror, forms, capture }: TasksDeps): Tasks {
  const { submissions, drafts } = collections
  const draftOf = (all: readonly DraftDoc[], taskId: string): string | null =>
    all.find(({ body }) => body.task === taskId)?.interviewId ?? null

  return {
    watch: () =>
      mirror.watch('task').pipe(
        // Most of the time nothing is asked, and nobody looks through all that was saved here.
        switchMap(rows =>
          rows.length === 0
            ? of([])
            : combineLatest([submissions.find().$, drafts.find().$, forms.changes$.pipe(startWith(undefined))]).pipe(
                switchMap(async ([docs, begun]) => {
                  const answered = new Set(docs.map(doc => (doc.toJSON() as SubmissionDoc).body.task))
                  const open = rows.map(({ body }) => body).filter(({ taskId }) => !answered.has(taskId)) // TK1
                  const known = await mirror.scan(
                    'entity',
                    open.map(({ entityId }) => entityId),
                  )
                  const labels = new Map(known.map(({ body }) => [body.entityId as string, body.label]))
                  const drafted = begun.map(doc => doc.toJSON() as DraftDoc)
                  return open.map(task => present(task, labels, drafted))
                }),
              ),
        ),
        map(tasks => tasks.toSorted((a, b) => (a.dueToMs ?? Infinity) - (b.dueToMs ?? Infinity) || compare(a, b))),
      ),
    open: async taskId => {
      const row = await mirror.find('task', taskId)
      if (row === null) return err(fault('http.not-found', `task ${taskId}`))
      const begun = draftOf(
        (await drafts.find().exec()).map(doc => doc.toJSON() as DraftDoc),
        taskId,
      )
      const { formId, entityId } = row.body
      return begun === null ? capture.open(formId, { entityId, task: taskId }) : capture.open(null, { draft: begun })
    },
  }

  function present(
    { taskId, kind, formId, entityId, label, dueFromMs, dueToMs, why }: TaskBody,
    labels: ReadonlyMap<string, string | null>,
    drafted: readonly DraftDoc[],
  ): Task {
    const form = forms.form(formId)
    return {
      taskId,
      kind,
      formId,
      formTitle: form.ok ? form.value.title : null,
      entityId,
      label: labels.get(entityId) ?? label,
      dueFromMs,
      dueToMs,
      why,
      isHere: labels.has(entityId),
      draft: draftOf(drafted, taskId),
    }
  }
}

const compare = (a: Task, b: Task): number => (a.label < b.label ? -1 : a.label > b.label ? 1 : 0)

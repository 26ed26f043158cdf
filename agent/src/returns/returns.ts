/**
 * What reviewers sent back to this officer: each with its comments, until it is answered.
 *
 * RT1 a return is shown as soon as the feed brings it, and goes when a correction of it is
 *     saved here, sent or not, or when the centre no longer asks for it
 * RT2 opening one opens a correction of it; begun and left, it goes on where it was left
 * RT3 all laptops of the officer show it; it is answered on the one that has the interview, once,
 *     and is then gone from all of them
 *
 * Not here: what a return does to a household (the collector folds without it).
 */
import { err, fault, type InstanceId, type Result } from '@murram/ground'
import type { ReturnBody } from '@murram/wire'
import { combineLatest, map, of, switchMap, type Observable } from 'rxjs'
import type { Capture, CaptureRoom } from '../capture/capture.ts'
import { pathOf } from '../capture/interview-start.ts'
import type { FormShelf } from '../shelf/form-shelf.ts'
import type { DraftDoc, SubmissionDoc } from '../store/collections.ts'
import type { Mirror } from '../store/mirror.ts'
import type { Store } from '../store/open-store.ts'

export interface ReturnComment {
  /** Of the question; `null`: the whole interview. */
  readonly ref: string | null
  /** The question in the form's own language; `''` where there is none. */
  readonly label: string
  /** What was answered. */
  readonly answer: string
  readonly text: string
}

export interface ReturnedInterview {
  readonly instanceId: InstanceId
  readonly label: string
  readonly formId: string | null
  readonly entityId: string | null
  readonly returnedAtMs: number
  readonly comments: readonly ReturnComment[]
  /** Begun and not finished: the draft of the correction. */
  readonly draft: string | null
  /** False: it was finalised on another device, and can only be answered there. */
  readonly isHere: boolean
}

export interface Returns {
  /** The one returned last first. */
  readonly watch: () => Observable<readonly ReturnedInterview[]>
  readonly open: (instanceId: InstanceId) => Promise<Result<Capture>>
}

export interface ReturnsDeps extends Pick<Store, 'collections'> {
  readonly mirror: Pick<Mirror, 'watch' | 'find'>
  readonly forms: Pick<FormShelf, 'form'>
  readonly capture: Pick<CaptureRoom, 'open'>
}

export function createReturnsRoom({ collections, mirror, forms, capture }: ReturnsDeps): Returns {
  const { submissions, drafts } = collections
  const draftOf = (all: readonly DraftDoc[], instanceId: string): string | null =>
    all.find(({ body }) => body.correct === instanceId)?.interviewId ?? null

  const present = (
    { instanceId, entityId, comments, atMs, about }: ReturnBody,
    own: SubmissionDoc | undefined,
    draft: string | null,
  ): ReturnedInterview => {
    const said = own?.body.submission
    const what = said ?? about
    const form = what === undefined ? undefined : forms.form(what.formId, what.version)
    const labelOf = (ref: string): string =>
      form?.ok === true
        ? (form.value.questions.find(({ path }) => path === pathOf(ref))?.label(form.value.defaultLanguage) ?? '')
        : ''
    return {
      instanceId,
      entityId,
      draft,
      label: own?.body.label ?? about?.label ?? '',
      formId: what?.formId ?? null,
      returnedAtMs: atMs,
      isHere: own !== undefined,
      comments: comments.map(({ path, text }) => ({
        ref: path,
        text,
        label: path === null ? '' : labelOf(path),
        answer: path === null ? '' : (said?.answers[path] ?? ''),
      })),
    }
  }

  return {
    watch: () =>
      mirror.watch('return').pipe(
        // Most of the time nothing is returned, and nobody looks through all that was saved here.
        switchMap(rows =>
          rows.length === 0
            ? of([[], [], []] as const)
            : combineLatest([of(rows), submissions.find().$, drafts.find().$]),
        ),
        map(([rows, docs, begun]) => {
          const own = docs.map(doc => doc.toJSON() as SubmissionDoc)
          const answered = new Set(own.map(({ body }) => body.submission.deprecatedId as string | null))
          const byId = new Map(own.map(doc => [doc.instanceId, doc]))
          const open = begun.map(doc => doc.toJSON() as DraftDoc)
          return rows
            .filter(({ body }) => !answered.has(body.instanceId)) // RT1
            .map(({ body }) => present(body, byId.get(body.instanceId), draftOf(open, body.instanceId)))
        }),
      ),
    open: async instanceId => {
      if ((await mirror.find('return', instanceId)) === null)
        return err(fault('http.not-found', `${instanceId} was not returned`))
      const begun = draftOf(
        (await drafts.find().exec()).map(doc => doc.toJSON() as DraftDoc),
        instanceId,
      )
      return capture.open(null, begun === null ? { correct: instanceId } : { draft: begun })
    },
  }
}

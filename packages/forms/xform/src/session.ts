/**
 * One person filling in one instance: what may be entered, what follows from it, what is still
 * wrong. See `session-types.ts` for the contract and its laws.
 *
 * An answer is applied, everything that follows is computed, and only then its constraint is
 * believed: a constraint may read a sum that the answer itself changes. What is refused is
 * rolled back, what follows included.
 */
import { err, fault, ok, type InstanceId, type Result } from '@murram/ground'
import type { Environment } from '@murram/xpath'
import type { Form } from './form.ts'
import type { Actions } from './run/actions.ts'
import { readAnswer, readRange, typeMessage, type TypedAnswer } from './run/answer-type.ts'
import { auditCsv } from './run/audit-csv.ts'
import type { AuditSpec } from './run/audit-spec.ts'
import type { AuditTrace } from './run/audit.ts'
import { offeredValues } from './run/choices.ts'
import { rowsOf, valuesOf } from './run/draft.ts'
import type { Written } from './run/journal.ts'
import type { Machine } from './run/machine.ts'
import { childrenNamed, leavesOf, type XNode } from './run/node.ts'
import type { Pages } from './run/pages.ts'
import { preloadedValue, type PreloadFacts } from './run/preload.ts'
import { findRef, findRows, refOf } from './run/refs.ts'
import type { Runtime } from './run/runtime.ts'
import { answersOf, attachedFiles, submissionXml } from './run/submission.ts'
import { auditPath, createTraceCalls } from './run/trace-calls.ts'
import { questionAt, type View } from './run/view.ts'
import { isOpen, type Violations } from './run/violations.ts'
import type { Words } from './run/words.ts'
import type { Answered, Changed, Session, Violation } from './session-types.ts'

export interface SessionDeps {
  readonly form: Form
  readonly runtime: Runtime
  readonly environment: Environment<XNode>
  readonly machine: Machine
  readonly actions: Actions
  readonly view: View
  readonly pages: Pages
  readonly violations: Violations
  readonly words: () => Words
  readonly audit: AuditTrace
  readonly auditSpec: AuditSpec
  readonly facts: PreloadFacts
  readonly instanceId: InstanceId
  readonly deprecatedId: InstanceId | null
  readonly language: () => string
  readonly setLanguage: (language: string) => void
}

const KIND_OF: Readonly<Record<Written, Changed['kind'] | null>> = {
  value: 'value',
  relevant: 'relevance',
  wanted: null,
  required: 'validity',
  readOnly: 'validity',
  valid: 'validity',
  offered: 'choices',
  children: null,
}

/** What a form with an audit trace calls the file, as ODK's tools do. */
const AUDIT_FILE = 'audit.csv'

export function createSession(deps: SessionDeps): Session {
  const { form, runtime, environment, machine, actions, view, audit, auditSpec, instanceId, deprecatedId } = deps
  const { nodes } = runtime
  const { root, journal } = machine
  let finalised = false
  const closed = () => err(fault('session.finalised', instanceId))
  const pathOf = (ref: string): string => auditPath(runtime, ref)

  function answer(ref: string, value: string): Result<Answered> {
    if (finalised) return closed()
    const node = questionAt(root, ref, runtime)
    if (node === undefined) return err(fault('session.no-such-question', ref))
    if (!node.relevant) return err(fault('session.not-relevant', ref))
    if (node.readOnly) return err(fault('session.read-only', ref))
    const typed = readTyped(node, value)
    if (!typed.ok) {
      const message = typeMessage(deps.words(), value, typed.expected)
      return ok(refused([{ ref, kind: 'type', message, label: deps.violations.labelOf(node) }]))
    }
    return ok(apply(node, ref, typed.value))
  }

  function readTyped(node: XNode, value: string): TypedAnswer {
    const { type, kind, control } = nodes[node.node]!
    if (kind === 'trigger')
      return value === '' || value === 'OK' ? { ok: true, value } : { ok: false, expected: { says: 'trigger' } }
    if (control?.bounds) return readRange(value, type, control.bounds)
    if (control?.choices === null || control === null) return readAnswer(value, type)
    const words = new Set(value.split(/\s+/).filter(word => word !== ''))
    if (kind === 'select-one' && words.size > 1) return { ok: false, expected: { says: 'oneChoice' } }
    if (words.size === 0) return { ok: true, value: '' }
    const offers = [...offeredValues(runtime, environment, node)]
    // A rank is the order itself, of everything that is offered.
    if (control.element === 'rank')
      return words.size === offers.length && offers.every(one => words.has(one))
        ? { ok: true, value: [...words].join(' ') }
        : { ok: false, expected: { says: 'offered' } }
    // In the order of the list: what was ticked first makes no other answer.
    const chosen = offers.filter(offered => words.has(offered))
    return chosen.length === words.size
      ? { ok: true, value: chosen.join(' ') }
      : { ok: false, expected: { says: 'offered' } }
  }

  const refused = (violations: readonly Violation[]): Answered => ({ accepted: false, violations, changed: [] })

  function apply(node: XNode, ref: string, value: string): Answered {
    const mark = journal.mark()
    const before = node.value
    machine.setValue(node, value)
    actions.settle()
    const broken = deps.violations.at(node).filter(one => one.kind === 'constraint')
    if (broken.length > 0) {
      journal.rollBack(mark)
      audit.note('constraint error', pathOf(ref))
      return refused(broken)
    }
    if (before !== value) {
      forgetReason(node)
      actions.changed(node)
      audit.answered(pathOf(ref), before, value, nodes[node.node]!.sensitive === 'plain')
    }
    return { accepted: true, ...outcome(mark, node) }
  }

  /** What differs since the mark, and what it made wrong. */
  function outcome(mark: number, asked?: XNode): Pick<Answered, 'violations' | 'changed'> {
    const changed: Changed[] = []
    const wrong = new Set<XNode>(asked === undefined ? [] : [asked])
    for (const [node, before] of journal.since(mark)) {
      if (!machine.isInside(node)) continue
      const kinds = new Set((Object.keys(before) as Written[]).map(key => KIND_OF[key]))
      for (const kind of kinds) if (kind !== null) changed.push({ ref: refOf(node, nodes), kind })
      if ('children' in before) changed.push({ ref: refOf(node, nodes), kind: 'relevance' })
      if (kinds.has('validity')) wrong.add(node)
      // A reason that is asked, or given, is about another answer.
      const explained = deps.violations.explained(node)
      if (explained === undefined) continue
      changed.push({ ref: refOf(explained, nodes), kind: 'validity' })
      wrong.add(explained)
    }
    journal.forget()
    return { changed, violations: [...wrong].flatMap(deps.violations.at) }
  }

  /** A reason is given for one answer; another answer needs its own. */
  function forgetReason(node: XNode): void {
    const reason = deps.violations.reasonNode(node)
    if (reason === undefined || reason.value === '') return
    machine.setValue(reason, '')
    actions.settle()
  }

  function explain(ref: string, reason: string): Result<Answered> {
    if (finalised) return closed()
    const node = questionAt(root, ref, runtime)
    const kept = node === undefined ? undefined : deps.violations.reasonNode(node)
    if (kept === undefined) return err(fault('session.no-such-question', `${ref} keeps no reason`))
    return answer(refOf(kept, nodes), reason.trim())
  }

  function addRepeat(ref: string): Result<string> {
    if (finalised) return closed()
    const rows = findRows(root, ref, nodes)
    if (rows === undefined) return err(fault('session.no-such-question', ref))
    if (!view.isRepeatAsked(rows.parent, rows.node)) return err(fault('session.not-relevant', ref))
    if (isCounted(rows.node)) return err(fault('session.read-only', `${ref}: the form counts its rows`))
    const count = childrenNamed(rows.parent, nodes[rows.node]!.name).length
    const [row] = machine.setRows(rows.parent, rows.node, count + 1)
    if (row === undefined) return err(fault('session.read-only', `${ref}: it has as many rows as it may have`))
    actions.settle()
    journal.forget()
    audit.note('add repeat', pathOf(`${ref}[${count + 1}]`))
    audit.leave()
    return ok(`${ref}[${count + 1}]`)
  }

  const isCounted = (repeat: number): boolean =>
    runtime.stepsOn(repeat).some(step => runtime.steps[step]!.kind === 'rows')

  function removeRepeat(rowRef: string): Result<void> {
    if (finalised) return closed()
    const row = findRef(root, rowRef, nodes)
    if (row === undefined || !nodes[row.node]!.repeat) return err(fault('session.no-such-question', rowRef))
    if (isCounted(row.node)) return err(fault('session.read-only', `${rowRef}: the form counts its rows`))
    machine.removeRow(row)
    actions.settle()
    journal.forget()
    audit.note('delete repeat', pathOf(rowRef))
    return ok(undefined)
  }

  function finalise(): ReturnType<Session['finalise']> {
    if (finalised) return closed()
    if (auditSpec.identifyUser && audit.user().trim() === '') return err(fault('session.user-missing'))
    const isExplained = audit.events().some(one => one.event === 'change reason')
    if (auditSpec.changeReasons && deprecatedId !== null && !isExplained)
      return err(fault('session.change-reason-missing'))
    const mark = journal.mark()
    for (const leaf of leavesOf(root)) {
      const { preload, path } = nodes[leaf.node]!
      const known = preload === null ? null : preloadedValue(preload, environment, deps.facts, 'end')
      const value = path === 'meta/audit' ? AUDIT_FILE : known
      if (value !== null) machine.setValue(leaf, value)
    }
    actions.settle()
    const open = view.violations().filter(isOpen)
    const [wrong] = open
    if (wrong !== undefined) {
      journal.rollBack(mark)
      audit.note('constraint error', pathOf(wrong.ref))
      const named = open.map(one => one.ref).join(', ')
      return err(fault('session.violations', named, { violations: open }))
    }
    finalised = true
    audit.note('form finalize')
    const answers = answersOf(root, runtime)
    return ok({
      instanceId,
      formId: form.formId,
      version: form.version,
      answers,
      xml: submissionXml(root, runtime, { instanceId, deprecatedId }),
      audit: auditCsv(audit.events(), auditSpec),
      attachments: attachedFiles(root, runtime),
      instanceName: answers['meta/instanceName'] ?? '',
    })
  }

  return {
    form,
    instanceId,
    language: deps.language,
    setLanguage: deps.setLanguage,
    ...deps.pages,
    questions: () => view.asked().map(view.question),
    question: ref => {
      const node = questionAt(root, ref, runtime)
      return node === undefined ? undefined : view.question(node)
    },
    repeats: view.repeats,
    answer,
    explain,
    addRepeat,
    removeRepeat,
    violations: view.violations,
    trace: createTraceCalls(audit, auditSpec, runtime, root),
    draft: () => ({
      format: 1,
      formId: form.formId,
      version: form.version,
      instanceId,
      deprecatedId,
      language: deps.language(),
      values: valuesOf(root, runtime),
      rows: rowsOf(root, runtime),
      audit: audit.events(),
    }),
    answers: () => answersOf(root, runtime),
    finalise,
  }
}

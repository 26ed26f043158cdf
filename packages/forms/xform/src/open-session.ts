/**
 * Opens an instance: new, from answers (an edit or a preset), or from a draft.
 *
 * Order, as ODK's: defaults, given answers, preloads, everything calculated once, then the
 * events of a first load. A draft brings its calculated values with it and runs only what the
 * form asks for at every load, so that a UUID or a draw of yesterday stays what it was.
 */
import { err, fault, ok, type InstanceId, type Result } from '@murram/ground'
import { calls, type Environment } from '@murram/xpath'
import type { Form } from './form.ts'
import { runtimeOf } from './open-form.ts'
import { readInstanceXml } from './read-instance-xml.ts'
import { createActions, type Actions } from './run/actions.ts'
import { auditSpecOf } from './run/audit-spec.ts'
import { createAuditTrace } from './run/audit.ts'
import { putValues, readDraft, rowsNamed } from './run/draft.ts'
import { createEnvironment } from './run/environment.ts'
import { lastSavedList } from './run/last-saved.ts'
import { asksForLastSaved, withHostLists, withLastSaved } from './run/lists.ts'
import { createMachine, type Machine } from './run/machine.ts'
import type { XNode } from './run/node.ts'
import { createPages } from './run/pages.ts'
import { preloadedValue, type PreloadFacts } from './run/preload.ts'
import { findRows } from './run/refs.ts'
import { createRuntime, type Runtime } from './run/runtime.ts'
import { createView } from './run/view.ts'
import { createViolations } from './run/violations.ts'
import { wordsOf, type Words } from './run/words.ts'
import { createSession } from './session.ts'
import type { Draft, Session, SessionOptions } from './session-types.ts'

const FIRST_LOAD: ReadonlySet<string> = new Set(['odk-instance-first-load', 'odk-instance-load', 'xforms-ready'])
const EVERY_LOAD: ReadonlySet<string> = new Set(['odk-instance-load'])
/** Given by the session, whatever the form calculates. */
const GIVEN = ['meta/instanceID', 'meta/deprecatedID']

export function openSession(form: Form, given: SessionOptions): Result<Session> {
  const runtime = withLists(form, given)
  if (!runtime.ok) return runtime
  const options = withInstance(form, given)
  return options.ok ? open(form, runtime.value, options.value) : options
}

/** By the form and the tables of a host: a thousand interviews look at one list. */
const hosted = new WeakMap<Form, WeakMap<object, Runtime>>()

function withHosted(form: Form, lists: SessionOptions['lists']): Runtime {
  const plain = runtimeOf(form)
  if (lists === undefined || lists.size === 0) return plain
  const known = hosted.get(form) ?? new WeakMap<object, Runtime>()
  hosted.set(form, known)
  const before = known.get(lists)
  if (before !== undefined) return before
  const made = createRuntime(form.program, withHostLists(plain.lists, form.program, lists))
  known.set(lists, made)
  return made
}

/** Only a form that asks for the submission before this one pays for it. */
function withLists(form: Form, { lastSaved, lists }: SessionOptions): Result<Runtime> {
  const runtime = withHosted(form, lists)
  if (lastSaved === undefined || !asksForLastSaved(form.program)) return ok(runtime)
  const list = lastSavedList(lastSaved, runtime.nodes[0]!.name)
  if (!list.ok) return list
  return ok(createRuntime(form.program, withLastSaved(runtime.lists, form.program, list.value)))
}

/** `isStored`: it was saved before, so events of a first load are over and its rows are all there are. */
type Opened = SessionOptions & { readonly isStored: boolean }

function withInstance(form: Form, options: SessionOptions): Result<Opened> {
  if (options.instanceXml === undefined || options.draft !== undefined)
    return ok({ ...options, isStored: options.deprecatedId !== undefined })
  const read = readInstanceXml(form, options.instanceXml)
  if (!read.ok) return read
  const { answers, unknown, instanceId } = read.value
  if (unknown.length > 0 && options.dropUnknown !== true)
    return err(fault('instance.malformed', `the form has no place for ${unknown.join(', ')}`))
  if (options.edit !== true && instanceId === '') return err(fault('instance.malformed', 'it has no instanceID'))
  const known = instanceId as InstanceId
  return ok({
    ...options,
    answers: { ...answers, ...options.answers },
    ...(options.edit === true ? { deprecatedId: options.deprecatedId ?? known } : { instanceId: known }),
    isStored: true,
  })
}

function open(form: Form, runtime: Runtime, options: Opened): Result<Session> {
  const draft = options.draft === undefined ? null : readDraft(options.draft, runtime)
  if (draft !== null && !draft.ok) return draft
  const kept: Draft | null = draft === null ? null : draft.value
  const instanceId = kept?.instanceId ?? options.instanceId ?? (`uuid:${options.uuid()}` as InstanceId)
  const deprecatedId = kept === null ? (options.deprecatedId ?? null) : kept.deprecatedId

  let language = chosenLanguage(form, options.language ?? kept?.language)
  const environment: Environment<XNode> = createEnvironment(
    runtime,
    options,
    () => language,
    () => machine.root,
  )
  const given = new Set(GIVEN.flatMap(path => runtime.byPath.get(path) ?? []))
  const machine: Machine = createMachine({ runtime, environment, given })

  const actions = createActions({ runtime, machine, location: options.location ?? (() => undefined) })

  if (kept !== null) restore(machine, actions, runtime, kept)
  else begin(machine, actions, runtime, environment, options, instanceId)
  machine.takeNewRows()
  machine.journal.forget()

  const words = (): Words => wordsOf(language, options.texts)
  const violations = createViolations({ runtime, environment, words })
  const auditSpec = auditSpecOf(form.program)
  const audit = createAuditTrace({
    now: options.now,
    spec: auditSpec,
    user: options.username ?? '',
    earlier: kept?.audit ?? [],
  })
  audit.note(kept === null ? 'form start' : 'form resume')
  const session = createSession({
    form,
    runtime,
    environment,
    machine,
    actions,
    view: createView(runtime, environment, machine.root, violations),
    pages: createPages({ runtime, environment, root: machine.root, violations }),
    violations,
    words,
    audit,
    auditSpec,
    facts: factsOf(options),
    instanceId,
    deprecatedId,
    language: () => language,
    setLanguage: next => {
      language = chosenLanguage(form, next)
      for (const step of translatedSteps(runtime))
        for (const node of machine.instancesOf(runtime.steps[step]!.node, machine.document)) machine.touch(step, node)
      machine.settle()
      machine.journal.forget()
    },
  })
  return ok(session)
}

const factsOf = ({ deviceId = '', username = '', properties = {} }: SessionOptions): PreloadFacts => ({
  ...properties,
  deviceid: deviceId,
  username,
})

const chosenLanguage = (form: Form, wanted: string | undefined): string =>
  wanted !== undefined && form.languages.includes(wanted) ? wanted : form.defaultLanguage

/** Steps whose result speaks a language. */
const translatedSteps = ({ steps, program }: Runtime): readonly number[] =>
  steps.flatMap(({ expression, kind }, step) => {
    const named = calls(program.expressions[expression]!.tree)
    return kind === 'calculate' && (named.has('jr:itext') || named.has('jr:choice-name')) ? [step] : []
  })

function restore(machine: Machine, actions: Actions, runtime: Runtime, draft: Draft): void {
  for (const [ref, count] of Object.entries(draft.rows)) {
    const rows = findRows(machine.root, ref, runtime.nodes)
    if (rows !== undefined) machine.setRows(rows.parent, rows.node, count)
  }
  putValues(machine, runtime, draft.values)
  machine.forgetPending()
  machine.touchAll({ calculations: false })
  machine.settle()
  machine.takeNewRows()
  actions.load(EVERY_LOAD, () => false)
}

function begin(
  machine: Machine,
  actions: Actions,
  runtime: Runtime,
  environment: Environment<XNode>,
  options: Opened,
  instanceId: InstanceId,
): void {
  const answers = options.answers ?? {}
  growRows(machine, runtime, rowsNamed(Object.keys(answers)), options.isStored)
  // These rows are not new: events of a new row are over for them, or are the first load's.
  machine.takeNewRows()
  const put = putValues(machine, runtime, answers)
  const facts = factsOf(options)
  for (const [node, { preload, path }] of runtime.nodes.entries())
    for (const instance of preload === null && !GIVEN.includes(path)
      ? []
      : machine.instancesOf(node, machine.document)) {
      if (path === 'meta/instanceID') machine.setValue(instance, instanceId)
      else if (path === 'meta/deprecatedID') machine.setValue(instance, options.deprecatedId ?? '')
      else if (instance.value === '' && preload !== null)
        machine.setValue(instance, preloadedValue(preload, environment, facts, 'start') ?? '')
    }
  machine.touchAll({ calculations: true })
  machine.settle()
  actions.load(options.isStored ? EVERY_LOAD : FIRST_LOAD, node => put.has(node) && node.value !== '')
  actions.settle()
}

/** An edit has exactly the rows of what it edits; a preset only adds. */
function growRows(machine: Machine, runtime: Runtime, named: ReadonlyMap<string, number>, exactly: boolean): void {
  const outerFirst = [...named].sort(([a], [b]) => a.split('/').length - b.split('/').length)
  for (const [ref, count] of outerFirst) {
    const rows = findRows(machine.root, ref, runtime.nodes)
    if (rows === undefined) continue
    const there = machine.instancesOf(rows.node, machine.document).filter(row => row.parent === rows.parent).length
    machine.setRows(rows.parent, rows.node, Math.max(count, exactly ? 0 : there))
  }
  if (!exactly) return
  for (const [node, { repeat, path }] of runtime.nodes.entries())
    if (repeat && !named.has(path) && runtime.repeatOf(runtime.nodes[node]!.parent) < 0)
      for (const parent of machine.instancesOf(runtime.nodes[node]!.parent, machine.document))
        machine.setRows(parent, node, 0)
}

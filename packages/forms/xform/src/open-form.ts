/**
 * A form from XML (`compileXform`, where it is published) or from its program (`loadProgram`,
 * on a device: no XML, no parsing of expressions).
 */
import { err, fault, ok, type FaultOf, type FormId, type Result } from '@murram/ground'
import type { Environment } from '@murram/xpath'
import { compileProgram } from './compile-program.ts'
import type { Choice, Form, QuestionInfo } from './form.ts'
import type { Program } from './program.ts'
import { choicesOf } from './run/choices.ts'
import { createLists, type FindAttachment } from './run/lists.ts'
import { createNode, type XNode } from './run/node.ts'
import { renderText } from './run/render.ts'
import { createRuntime, type Runtime } from './run/runtime.ts'

const nothing: FindAttachment = () => undefined

/** The runtime is nobody's business outside this package; a form carries it unseen. */
const runtimes = new WeakMap<Form, Runtime>()

export function runtimeOf(form: Form): Runtime {
  const known = runtimes.get(form)
  if (known !== undefined) return known
  const made = createRuntime(form.program, createLists(form.program, nothing))
  runtimes.set(form, made)
  return made
}

/**
 * @param options.attachments Text of attached lists by file name (`districts.csv`), which
 *   become part of the program. What is not given is an empty list here, and a name in the
 *   program: `loadProgram` takes it where the form is filled in.
 */
export function compileXform(
  xml: string,
  options: { readonly attachments?: ReadonlyMap<string, string> } = {},
): Result<Form> {
  const program = compileProgram(xml, options.attachments ?? new Map())
  return program.ok ? ok(formOf(program.value, nothing)) : program
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

/**
 * Trusts content that was signed; looks only whether it is a program of a kind it can run.
 *
 * @param options.attachments Text of a file beside the form, by its name. Asked once a file,
 *   and not before something is looked up in it.
 */
export function loadProgram(
  program: unknown,
  options: { readonly attachments?: FindAttachment } = {},
): Result<Form, FaultOf<'form.invalid'>> {
  const isProgram =
    isRecord(program) &&
    ['nodes', 'steps', 'expressions', 'readers', 'body', 'actions', 'entities'].every(part =>
      Array.isArray(program[part]),
    )
  if (isRecord(program) && program['format'] === 1)
    return err(fault('form.invalid', 'its format 1 is older than this program: publish the form once more'))
  if (!isProgram) return err(fault('form.invalid', 'it is not a compiled form'))
  if (program['format'] !== 2)
    return err(fault('form.invalid', `its format ${String(program['format'])} is newer than this program`))
  return ok(formOf(program as unknown as Program, options.attachments ?? nothing))
}

function formOf(program: Program, find: FindAttachment): Form {
  const { formId, version, title, languages, defaultLanguage, entity, attachments, warnings } = program
  const runtime = createRuntime(program, createLists(program, find))
  const form: Form = {
    formId: formId as FormId,
    version,
    title,
    languages: languages.length === 0 ? [defaultLanguage] : languages,
    defaultLanguage,
    program,
    questions: program.nodes.flatMap((_, node) => questionInfo(runtime, node)),
    entity,
    entities: program.entities,
    attachments,
    warnings,
    get missingAttachments() {
      return runtime.lists.missing()
    },
    get damagedAttachments() {
      return runtime.lists.damaged()
    },
  }
  runtimes.set(form, runtime)
  return form
}

function questionInfo(runtime: Runtime, node: number): readonly QuestionInfo[] {
  const spec = runtime.nodes[node]!
  const inMeta = spec.path === 'meta' || spec.path.startsWith('meta/')
  if (spec.children.length > 0 || spec.attribute || spec.parent < 0 || inMeta) return []
  const repeat = runtime.repeatOf(node)
  return [
    {
      path: spec.path,
      name: spec.name,
      kind: spec.kind,
      repeat: repeat < 0 ? null : runtime.nodes[repeat]!.path,
      label: language =>
        renderText(runtime, blankEnvironment(runtime, language), spec.control?.label ?? [], standIn(node, spec.name)),
      choices: language => allChoices(runtime, node, language),
      required: spec.required,
      feature: spec.feature,
      outcome: spec.outcome,
      sensitive: spec.sensitive,
      saveTo: spec.saveTo,
      readOnly: spec.fixed || spec.calculated,
    },
  ]
}

const allChoices = (runtime: Runtime, node: number, language: string): readonly Choice[] =>
  choicesOf(runtime, blankEnvironment(runtime, language), standIn(node, runtime.nodes[node]!.name), { all: true })

/** A node of no instance: what a label says when nothing has been answered. */
const standIn = (node: number, name: string): XNode => createNode(node, name, createNode(-1, '', null))

function blankEnvironment(runtime: Runtime, language: string): Environment<XNode> {
  const environment: Environment<XNode> = {
    now: () => 0,
    timeZone: 'UTC',
    random: () => 0,
    uuid: () => '',
    language: () => language,
    translate: id =>
      renderText(
        runtime,
        environment,
        runtime.program.itext[language]?.[id] ?? runtime.program.itext[runtime.program.defaultLanguage]?.[id] ?? [],
        createNode(-1, '', null),
      ),
    choiceLabel: () => '',
  }
  return environment
}

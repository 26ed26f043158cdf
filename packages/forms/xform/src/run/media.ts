/**
 * What stands beside a text in the form's itext: pictures, sound and film by file name, and the
 * guidance that a hint unfolds to. The active language's, else the default language's.
 */
import { calls, toText, type Environment } from '@murram/xpath'
import type { Media } from '../form.ts'
import type { Text } from '../program.ts'
import type { XNode } from './node.ts'
import { renderText } from './render.ts'
import type { Runtime } from './runtime.ts'

const FORMS = { image: 'image', 'big-image': 'bigImage', audio: 'audio', video: 'video' } as const

type Forms = Readonly<Record<string, Text>>

function formsOf({ program }: Runtime, language: string, id: string): Forms | undefined {
  const { textForms, defaultLanguage } = program
  return textForms[language]?.[id] ?? textForms[defaultLanguage]?.[id]
}

const itextIds = (text: Text): readonly string[] =>
  text.flatMap(part => (typeof part === 'object' && 'itext' in part ? [part.itext] : []))

export interface MediaDeps {
  readonly runtime: Runtime
  readonly environment: Environment<XNode>
}

function mediaOfId({ runtime, environment }: MediaDeps, id: string, asker: XNode): Media | undefined {
  const forms = formsOf(runtime, environment.language(), id)
  if (forms === undefined) return undefined
  const found: { -readonly [K in keyof Media]: string } = {}
  for (const [form, name] of Object.entries(FORMS)) {
    const address = renderText(runtime, environment, forms[form] ?? [], asker).trim()
    // `jr://images/roof.jpg`: where the file lies is the host's business.
    if (address !== '') found[name] = address.slice(address.lastIndexOf('/') + 1)
  }
  return Object.keys(found).length === 0 ? undefined : found
}

export function mediaOf(deps: MediaDeps, text: Text, asker: XNode): Media | undefined {
  for (const id of itextIds(text)) {
    const media = mediaOfId(deps, id, asker)
    if (media !== undefined) return media
  }
  return undefined
}

/** Of a choice of a list: its label's expression names the itext. `null`: no list entry has any. */
export function choiceMedia(
  { runtime, environment }: MediaDeps,
  label: number,
): ((item: XNode, asker: XNode) => Media | undefined) | null {
  const { program } = runtime
  const hasForms = Object.values(program.textForms).some(texts => Object.keys(texts).length > 0)
  if (!hasForms || !calls(program.expressions[label]!.tree).has('jr:itext')) return null
  const naming: Environment<XNode> = { ...environment, translate: id => id }
  return (item, asker) => {
    const context = { node: item, current: asker, position: 1, size: 1, environment: naming }
    return mediaOfId({ runtime, environment }, toText(runtime.tree, runtime.evaluate(label)(context)), asker)
  }
}

export function guidanceOf({ runtime, environment }: MediaDeps, hint: Text, asker: XNode): string {
  for (const id of itextIds(hint)) {
    const guidance = formsOf(runtime, environment.language(), id)?.['guidance']
    if (guidance !== undefined) return renderText(runtime, environment, guidance, asker)
  }
  return ''
}

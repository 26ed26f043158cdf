/** Texts as a person reads them: parts joined, outputs evaluated, itext in the active language. */
import { toText, type Environment } from '@murram/xpath'
import type { Program, Text } from '../program.ts'
import type { XNode } from './node.ts'
import type { Runtime } from './runtime.ts'

/** Texts that name one another must end somewhere. */
const MAX_DEPTH = 10

export function renderText(
  runtime: Runtime,
  environment: Environment<XNode>,
  text: Text,
  asker: XNode,
  depth = 0,
): string {
  if (depth > MAX_DEPTH) return ''
  return text
    .map(part => {
      if (typeof part === 'string') return part
      if ('itext' in part)
        return renderText(
          runtime,
          environment,
          itextOf(runtime.program, part.itext, environment.language()),
          asker,
          depth + 1,
        )
      const context = { node: asker, current: asker, position: 1, size: 1, environment }
      return toText(runtime.tree, runtime.evaluate(part.output)(context))
    })
    .join('')
}

/** The active language's text, else the default language's, else none. */
export function itextOf(program: Program, id: string, language: string): Text {
  const { itext, defaultLanguage } = program
  return itext[language]?.[id] ?? itext[defaultLanguage]?.[id] ?? []
}

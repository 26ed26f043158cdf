/** What expressions may ask of one session: its clock, its language, the labels of its choices. */
import type { Environment } from '@murram/xpath'
import type { SessionOptions } from '../session-types.ts'
import { labelOfChoice } from './choices.ts'
import type { XNode } from './node.ts'
import { itextOf, renderText } from './render.ts'
import type { Runtime } from './runtime.ts'

export function createEnvironment(
  runtime: Runtime,
  options: Pick<SessionOptions, 'now' | 'random' | 'uuid' | 'timeZone'>,
  language: () => string,
  root: () => XNode,
): Environment<XNode> {
  const environment: Environment<XNode> = {
    now: options.now,
    random: options.random,
    uuid: options.uuid,
    timeZone: options.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    language,
    translate: id => renderText(runtime, environment, itextOf(runtime.program, id, language()), root()),
    choiceLabel: (value, path, asker) => {
      const node = runtime.byPath.get(pathBelowRoot(path.trim(), asker, runtime))
      if (node === undefined || value === '') return ''
      // Which row it stands in makes no difference to the whole list.
      const stand: XNode = asker.node === node ? asker : { ...asker, node, offered: null }
      return value
        .split(/\s+/)
        .map(word => labelOfChoice(runtime, environment, stand, word))
        .filter(label => label !== '')
        .join(', ')
    },
  }
  return environment
}

/** `/data/a/b` → `a/b`; `../b` as seen from the asker. */
function pathBelowRoot(path: string, asker: XNode, { nodes }: Runtime): string {
  const names = path.split('/').filter(name => name !== '' && name !== '.')
  if (path.startsWith('/')) return names.slice(1).join('/')
  const base = nodes[asker.node]?.path.split('/') ?? []
  for (const name of names)
    if (name === '..') base.pop()
    else base.push(name)
  return base.join('/')
}

/** Whether an expression can be run: its syntax, and the functions it calls. */
import { compile, parse, type Tree } from '@murram/xpath'

const noTree: Tree<null> = {
  parent: () => null,
  children: () => [],
  childrenNamed: () => [],
  attributes: () => [],
  name: () => '',
  text: () => '',
  documentOf: () => null,
  instance: () => null,
  lookUp: () => null,
}

export function compileCheck(source: string): { readonly code: string; readonly message: string } | undefined {
  const parsed = parse(source)
  if (!parsed.ok) {
    const problem = parsed.error.data?.['problem']
    return { code: 'bad-expression', message: typeof problem === 'string' ? problem : 'it cannot be read' }
  }
  const compiled = compile(parsed.value, noTree)
  return compiled.ok ? undefined : { code: 'unknown-function', message: compiled.error.detail ?? 'unknown function' }
}

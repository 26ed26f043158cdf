/** What a screen tells the audit trace, by ref; the trace itself speaks of paths. */
import type { SessionTrace } from '../session-types.ts'
import type { AuditSpec } from './audit-spec.ts'
import type { AuditTrace } from './audit.ts'
import type { XNode } from './node.ts'
import { findRef } from './refs.ts'
import type { Runtime } from './runtime.ts'

export const auditPath = ({ nodes }: Runtime, ref: string): string =>
  ref === '' ? `/${nodes[0]!.name}` : `/${nodes[0]!.name}/${ref}`

export function createTraceCalls(audit: AuditTrace, asks: AuditSpec, runtime: Runtime, root: XNode): SessionTrace {
  const { nodes } = runtime
  return {
    asks,
    enter: ref => {
      const node = ref === '' ? root : findRef(root, ref, nodes)
      if (node === undefined) return
      const isQuestion = nodes[node.node]!.children.length === 0
      audit.enter(isQuestion ? 'question' : 'group questions', auditPath(runtime, ref))
    },
    leave: audit.leave,
    note: event => audit.note(event),
    locate: audit.locate,
    identify: audit.identify,
    giveChangeReason: reason => {
      if (reason.trim() !== '') audit.note('change reason', '', { changeReason: reason.trim() })
    },
  }
}

/** The model's `submission` element: where to, how, and under which key the form is to be sent. */
import type { SubmissionSpec } from '../program.ts'
import { attribute, childrenNamed, NS, type XmlElement } from './xml.ts'

export function readSubmission(models: readonly XmlElement[]): SubmissionSpec | null {
  const element = models.flatMap(model => childrenNamed(model, 'submission'))[0]
  if (element === undefined) return null
  const flag = (name: string): boolean | null => {
    const text = (attribute(element, name, NS.orx) ?? attribute(element, name))?.trim().toLowerCase()
    return text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : null
  }
  return {
    action: attribute(element, 'action') ?? '',
    method: attribute(element, 'method') ?? 'post',
    publicKey: (attribute(element, 'base64RsaPublicKey') ?? '').replace(/\s+/g, ''),
    autoSend: flag('auto-send'),
    autoDelete: flag('auto-delete'),
  }
}

/** An XML document as a small tree: names, attributes, content, and the line for a message. */

export interface XmlAttribute {
  readonly tag: string
  readonly local: string
  readonly uri: string
  readonly value: string
}

export interface XmlElement {
  /** As written: `orx:meta`. */
  readonly tag: string
  readonly local: string
  readonly uri: string
  readonly attributes: readonly XmlAttribute[]
  readonly content: readonly (string | XmlElement)[]
  /** Where its opening tag ends. */
  readonly line: number
}

/**
 * A compiled form version as plain JSON: what the collector publishes, hashes and signs, and
 * what a device runs. Everything that can be decided without an instance is decided in it:
 * expressions are parsed, references are numbers, steps stand in the order of evaluation.
 *
 * Numbers called `node` index `nodes`, numbers called `expression` index `expressions`.
 *
 * Not here: how it is made (`compile-program.ts`) and run (`machine.ts`).
 */
import type { Expression } from '@murram/xpath'

export type QuestionKind =
  | 'text'
  | 'integer'
  | 'decimal'
  | 'date'
  | 'time'
  | 'dateTime'
  | 'select-one'
  | 'select-multiple'
  | 'geopoint'
  | 'note'
  | 'trigger'
  | 'calculate'
  | 'other'

/** `masked` is hidden in exports and from most roles; `sealed` is encrypted on the device. */
export type Sensitivity = 'plain' | 'masked' | 'sealed'

export interface EntityDeclaration {
  readonly dataset: string
  /** Property of the entity by question path. */
  readonly saveTo: Readonly<Record<string, string>>
}

/** One place of the form that writes entities: a row of a repeat writes one each. */
export interface EntitySpec extends EntityDeclaration {
  /** Path of the node that holds `meta/entity`; `''` is the root. */
  readonly source: string
}

/** A text in parts: literal, the value of an expression, or the itext of an id. */
export type TextPart = string | { readonly output: number } | { readonly itext: string }
export type Text = readonly TextPart[]

export interface ExpressionSpec {
  readonly source: string
  readonly tree: Expression
}

export interface Preload {
  readonly kind: string
  readonly parameter: string
}

/** One of several rules of a question; an answer may break a soft one with a reason. */
export interface RuleSpec {
  readonly soft: boolean
  readonly expression: number
  readonly message: Text
}

export interface NodeSpec {
  readonly name: string
  /** Qualified name in the submission: `orx:meta`. */
  readonly tag: string
  /** -1 for the root element. */
  readonly parent: number
  readonly attribute: boolean
  /** An attribute that nothing in the form sets: written out as it came, no answer. */
  readonly constant?: true
  readonly repeat: boolean
  /** Below the root, without positions; `''` is the root. */
  readonly path: string
  readonly children: readonly number[]
  readonly attributes: readonly number[]
  readonly type: string
  readonly kind: QuestionKind
  readonly calculated: boolean
  /** Read-only whatever was answered. */
  readonly fixed: boolean
  readonly required: boolean
  readonly preload: Preload | null
  readonly constraintMessage: Text
  /** Where there is more than one constraint: each with its message. The step joins the hard ones. */
  readonly rules: readonly RuleSpec[]
  /** Node that keeps why an answer stands although it breaks a soft rule. */
  readonly reason: number | null
  /** Node whose reason this one keeps. */
  readonly reasonFor: number | null
  readonly requiredMessage: Text
  readonly feature: boolean
  readonly outcome: boolean
  readonly sensitive: Sensitivity
  readonly saveTo: string | null
  readonly control: ControlSpec | null
  /** What else the bind says to a screen (`orx:max-pixels`, `odk:quality`), as written. */
  readonly extras?: Readonly<Record<string, string>>
}

export type ChoiceSource =
  | { readonly from: 'items'; readonly items: readonly { readonly value: string; readonly label: Text }[] }
  | {
      readonly from: 'nodes'
      readonly expression: number
      /** The same without predicates: the whole list. */
      readonly all: number
      readonly value: number
      readonly label: number
    }

export interface ControlSpec {
  readonly element: string
  readonly appearance: string
  readonly label: Text
  readonly hint: Text
  readonly choices: ChoiceSource | null
  /** Of a range. */
  readonly bounds: { readonly start: number; readonly end: number; readonly step: number } | null
  /** Of an upload: `image/*`. */
  readonly mediaType?: string
  /** What else the control says to a screen (`rows`, `accuracyThreshold`), as written. */
  readonly extras?: Readonly<Record<string, string>>
}

export type BodySpec =
  | { readonly is: 'question'; readonly node: number }
  | {
      readonly is: 'group'
      readonly node: number | null
      readonly label: Text
      readonly appearance: string
      readonly children: readonly BodySpec[]
    }
  | {
      readonly is: 'repeat'
      readonly node: number
      readonly label: Text
      readonly counted: boolean
      readonly appearance: string
      readonly children: readonly BodySpec[]
    }

/** What is evaluated on a node: in an order in which nothing is read before it is made. */
export type StepKind = 'relevant' | 'rows' | 'choices' | 'calculate' | 'required' | 'readonly' | 'constraint'

export interface StepSpec {
  readonly kind: StepKind
  readonly node: number
  readonly expression: number
  /**
   * A group's relevance that reads what is inside the group: it reads what is held there,
   * asked or not, or the group could never come back.
   */
  readonly inner?: true
}

/** `step` reads the node; it and the reader share the row of the repeat `within` (-1: any row). */
export interface Reader {
  readonly step: number
  readonly within: number
}

export interface ActionSpec {
  readonly event: string
  /** `location`: the value is where the device stands, if anybody knows. */
  readonly does: 'set' | 'location'
  readonly node: number
  readonly expression: number | null
  readonly text: string
  /** Node whose change sets it off (`xforms-value-changed`). */
  readonly trigger: number | null
}

/** The instance as the form gives it: value and children of one node. */
export interface InitialNode {
  readonly node: number
  readonly value: string
  readonly children: readonly InitialNode[]
}

export interface StaticElement {
  readonly name: string
  readonly text?: string
  readonly attributes?: Readonly<Record<string, string>>
  readonly children?: readonly StaticElement[]
}

/** A list as a table: each row an `item`, each column a child of it. */
export interface StaticTable {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

export type ListContent = StaticElement | { readonly table: StaticTable }

export type ListKind = 'csv' | 'xml' | 'geojson'

export interface ExternalList {
  readonly fileName: string
  readonly kind: ListKind
  /** Only the rows that belong to this list (`itemsets.csv` holds several). */
  readonly listName?: string
}

/** A secondary instance: inside the program, in a file beside it, or the submission before this one. */
export type InstanceSource = ListContent | { readonly external: ExternalList } | { readonly lastSaved: true }

/** Where and how the form asks to be submitted (ODK XForms, `submission`). */
export interface SubmissionSpec {
  readonly action: string
  readonly method: string
  readonly publicKey: string
  /** `null`: the form leaves it to the device. */
  readonly autoSend: boolean | null
  readonly autoDelete: boolean | null
}

/** By language, by itext id, by form: `image`, `audio`, `video`, `big-image`, `short`, `long`, `guidance`. */
export type TextForms = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, Text>>>>>>

export interface Program {
  readonly format: 2
  readonly formId: string
  readonly version: string
  readonly title: string
  readonly languages: readonly string[]
  readonly defaultLanguage: string
  /** Attributes of the submission's root element, namespaces included. */
  readonly rootAttributes: Readonly<Record<string, string>>
  readonly nodes: readonly NodeSpec[]
  readonly expressions: readonly ExpressionSpec[]
  readonly steps: readonly StepSpec[]
  /** By node; a repeat's own entry is about its rows. */
  readonly readers: readonly (readonly Reader[])[]
  readonly initial: InitialNode
  /** What a new row looks like, by repeat node. */
  readonly templates: Readonly<Record<string, InitialNode>>
  readonly itext: Readonly<Record<string, Readonly<Record<string, Text>>>>
  readonly textForms: TextForms
  readonly instances: Readonly<Record<string, InstanceSource>>
  readonly body: readonly BodySpec[]
  readonly actions: readonly ActionSpec[]
  /** The first one at the root. */
  readonly entity: EntityDeclaration | null
  readonly entities: readonly EntitySpec[]
  readonly submission: SubmissionSpec | null
  /** Names of the files beside the form: lists, and media of its texts. */
  readonly attachments: readonly string[]
  /** What the form asks for and this engine does not do. */
  readonly warnings: readonly string[]
}

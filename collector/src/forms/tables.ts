import { bigint, integer, json, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'

export const formVersions = pgTable(
  'form_versions',
  {
    formId: text('form_id').notNull(),
    version: text('version').notNull(),
    title: text('title').notNull(),
    /** Blobs: the program's JSON, the XForm, and the file as it was uploaded. */
    programSha256: text('program_sha256').notNull(),
    xmlSha256: text('xml_sha256').notNull(),
    sourceSha256: text('source_sha256').notNull(),
    fileName: text('file_name').notNull(),
    sizeBytes: integer('size_bytes').notNull(),
    questions: integer('questions').notNull(),
    languages: json('languages').$type<readonly string[]>().notNull(),
    dataset: text('dataset'),
    warnings: json('warnings').notNull(),
    state: text('state', { enum: ['published', 'withdrawn'] }).notNull(),
    publishedAtMs: bigint('published_at_ms', { mode: 'number' }).notNull(),
  },
  table => [primaryKey({ columns: [table.formId, table.version] })],
)

/**
 * Lists beside a form version, a row each time one was published. The highest number of a name
 * is in force; what it held is a blob and never changes.
 */
export const formLists = pgTable(
  'form_lists',
  {
    formId: text('form_id').notNull(),
    version: text('version').notNull(),
    /** Of the file, as it stands in the form: `villages.csv`. */
    name: text('name').notNull(),
    number: integer('number').notNull(),
    sha256: text('sha256').notNull(),
    sizeBytes: integer('size_bytes').notNull(),
    rows: integer('rows').notNull(),
    publishedAtMs: bigint('published_at_ms', { mode: 'number' }).notNull(),
  },
  table => [primaryKey({ columns: [table.formId, table.version, table.name, table.number] })],
)

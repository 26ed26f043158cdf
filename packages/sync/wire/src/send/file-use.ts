/** What a file is for; it says how urgent its pieces are (`priority-of.ts`). */
export const FILE_USES = ['form', 'snapshot', 'list', 'attachment', 'model'] as const
export type FileUse = (typeof FILE_USES)[number]
